use super::check;
use crate::fact::Language::Java;

#[test]
fn imports() {
    check(
        Java,
        "package a.b; import a.b.C; import static a.b.D.e; import a.b.*; import static a.b.F.*;",
        "import a.b [C] Top
         import a.b.D [e] Top
         import a.b [*] Top
         import a.b.F [*] Top
         bind Module() C = import a.b.C
         bind Module() e = import a.b.D.e
         bind Module() * = all of a.b
         bind Module() * = all of a.b.F",
    );
}

#[test]
fn symbols_of_chains_fields_and_locals() {
    check(
        Java,
        r#"import io.jsonwebtoken.*;
        import io.jsonwebtoken.JwtParser;
        import io.jsonwebtoken.Jwts;
        class A {
            private final JwtParser parser;
            A(JwtParser parser) { this.parser = parser; }
            void f(String t) {
                JwtParser p = Jwts.parserBuilder().build();
                p.parse(t);
                parser.parse(t);
                this.parser.parse(t);
                new Other(t).go();
            }
        }"#,
        "symbol io.jsonwebtoken.Jwts.parserBuilder
         symbol io.jsonwebtoken.Jwts.parserBuilder().build
         symbol io.jsonwebtoken.Jwts.parserBuilder().build().parse | io.jsonwebtoken.JwtParser().parse
         symbol io.jsonwebtoken.JwtParser().parse
         symbol io.jsonwebtoken.JwtParser().parse
         symbol io.jsonwebtoken.Other | Other
         symbol io.jsonwebtoken.Other().go | Other().go
         discarded p.parse(t)
         discarded this(A).parser.parse(t)
         discarded this(A).parser.parse(t)
         discarded Other(t).go()",
    );
}

#[test]
fn members_without_this() {
    check(
        Java,
        r#"class A { static String K = "k"; String f(Foo f) { return g(K, f, h()); } int g() { K = "l"; return 1; }
           class B { void i() { g(); } } }"#,
        "call h()
         call this(A).g(this(A).K, f, h())
         call this(A).g()
         bind Module() A = definition A
         bind Class(A) K = 'k'
         bind Class(A) f = definition f
         bind Function(f) f = parameter 0 Foo _
         bind Class(A) g = definition g
         bind Class(A) K = 'l'
         bind Class(A) B = definition B
         bind Class(B) i = definition i",
    );
}

#[test]
fn definitions() {
    check(
        Java,
        r#"@RestController("x") @Deprecated class A<T> extends B<T> implements I, J<K> {
            @GetMapping(path = "/x", value = {"a"}) List<C> m(@Body Foo f, int n, String... rest) { return f; }
            A(int n) { super(n); }
        }
        record R(int a, Foo b) { }
        interface I { void f(); }
        enum E { X(1); }"#,
        "define Class A() @[RestController('x'),Deprecated] :[B,I,J] ->[]
         define Function m(f,n) @[GetMapping(path: '/x', value: ['a'])] :[] ->[f]
         define Function A(n) @[] :[] ->[]
         define Class R(a,b) @[] :[] ->[]
         define Class I() @[] :[] ->[]
         define Function f() @[] :[] ->[]
         define Class E() @[] :[] ->[]
         call RestController('x')
         call GetMapping(path: '/x', value: ['a'])
         call super(n)",
    );
}

#[test]
fn blocks() {
    check(
        Java,
        r#"class A { void f() {
            if (a.equals("x") && !b) g(); else { throw new E(); }
            switch (k) { case 1: case 2: h(); break; default: i(); }
            try (var r = j()) { k(); } catch (E | F e) { l(); return; } finally { m(); }
            for (int i = 0; i < n(); i++) { o(); }
            var z = switch (k) { case X -> p(); case Y, Z -> { yield q(); } default -> throw s(); };
            if (x instanceof Foo y) t(y);
        } }"#,
        "where a.equals('x') in []
         where g() in [if both(a.equals('x'), !b)]
         where E() in [unless both(a.equals('x'), !b)!]
         where h() in [if k == 2]
         where i() in [otherwise]
         where j() in [try]
         where k() in [try]
         where l() in [handler!]
         where m() in []
         where n() in []
         where o() in [loop]
         where p() in [if k == X]
         where q() in [if either(k == Y, k == Z)]
         where s() in [otherwise!]
         where t(y) in [if x ~ Foo]
         discarded g()
         discarded h()
         discarded i()
         discarded k()
         discarded l()
         discarded m()
         discarded o()
         discarded t(y)",
    );
}

#[test]
fn lambdas_casts_and_fallbacks() {
    check(
        Java,
        r#"class A { void f() {
            var a = x -> x.y();
            Fn b = (p, q) -> { return p; };
            var c = (Token) load();
            var d = name.orElse("none");
            var e = i ? 1 : 2L;
            var g = "a" + h + '\n';
            var r = Foo::bar;
            int[] s = {1, 2};
            o.field = true; xs[0] = null;
        } }"#,
        r"bind Module() A = definition A
         bind Class(A) f = definition f
         bind Function(a) x = parameter 0 _ _
         bind Block() a = function(a)
         bind Function(b) p = parameter 0 _ _
         bind Function(b) q = parameter 1 _ _
         bind Block() b = function(b)
         bind Block() c = either(load())
         bind Block() d = either(name, 'none')
         bind Block() e = (i ? 1 : 2)
         bind Block() g = of('a', h, '\n')
         bind Block() r = Foo.bar
         bind Block() s = [1, 2]
         set o['field'] = true
         set xs[0] = null
         define Class A() @[] :[] ->[]
         define Function f() @[] :[] ->[]
         define Function (x) @[] :[] ->[x.y()]
         define Function (p,q) @[] :[] ->[p]"
            .replace(r"\n", "\n")
            .as_str(),
    );
}
