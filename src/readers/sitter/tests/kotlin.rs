use super::check;
use crate::fact::Language::Kotlin;

#[test]
fn imports_and_symbols() {
    check(
        Kotlin,
        r#"import com.auth0.jwt.JWT
        import com.auth0.jwt.algorithms.Algorithm as Alg
        import a.b.*
        fun f(token: String, key: Key? = null) = JWT.require(Alg.none()).build().verify(token)
        fun g(v: Verifier) { val t = JWT.decode(v = 1, *ys) { it.h() }; v.check(null)!!.x?.y() }"#,
        "import com.auth0.jwt [JWT] Top
         import com.auth0.jwt.algorithms [Algorithm] Top
         import a.b [*] Top
         symbol com.auth0.jwt.algorithms.Algorithm.none
         symbol com.auth0.jwt.JWT.require
         symbol com.auth0.jwt.JWT.require().build
         symbol com.auth0.jwt.JWT.require().build().verify
         symbol
         symbol com.auth0.jwt.JWT.decode
         symbol a.b.Verifier().check | Verifier().check
         symbol a.b.Verifier().check().x.y | Verifier().check().x.y
         call Alg.none()
         call JWT.require(Alg.none())
         call JWT.require(Alg.none()).build()
         call JWT.require(Alg.none()).build().verify(token)
         call it.h()
         call JWT.decode(v: 1, ...ys, function())
         call v.check(null)
         call either(v.check(null)).x.y()
         define Function f(token,key) @[] :[] ->[JWT.require(Alg.none()).build().verify(token)]
         define Function g(v) @[] :[] ->[]
         define Function (it) @[] :[] ->[it.h()]",
    );
}

#[test]
fn classes_and_members() {
    check(
        Kotlin,
        r#"@Foo("x") class A(private val j: Jwt, y: Int = 1) : B(y), D {
            lateinit var f: Foo
            val x: Bar by lazy { make() }
            val q: Int
                get() = 1
            companion object {
                const val K = "k"
                fun m() = 1
            }
            init { m() }
            @Get("/x") fun n(a: Foo, c: String = "d"): Int { this.f = a; j.go(K, c); return 1 }
            object S { fun z() { A.m() } }
        }"#,
        "bind Module() A = definition A
         bind Class(A) j = parameter 0 Jwt _
         bind Class(A) y = parameter 1 Int 1
         bind Class(A) f = parameter Foo _
         bind Function() it = parameter 0 _ _
         bind Class(A) x = parameter Bar lazy(function())
         bind Class(A) q = parameter Int _
         bind Class(A) K = 'k'
         bind Class(A) m = definition m
         bind Class(A) n = definition n
         bind Function(n) a = parameter 0 Foo _
         bind Function(n) c = parameter 1 String 'd'
         bind Class(A) f = a
         bind Class(A) S = definition S
         bind Class(S) z = definition z
         call Foo('x')
         call make()
         call lazy(function())
         call this(A).m()
         call Get('/x')
         call this(A).j.go(this(A).K, c)
         call A.m()
         define Class A(j,y) @[Foo('x')] :[B,D] ->[]
         define Function (it) @[] :[] ->[make()]
         define Function () @[] :[] ->[1]
         define Function m() @[] :[] ->[1]
         define Function n(a,c) @[Get('/x')] :[] ->[1]
         define Class S() @[] :[] ->[]
         define Function z() @[] :[] ->[]",
    );
}

#[test]
fn blocks() {
    check(
        Kotlin,
        r#"fun f() {
            if (a == b && !c) { g(1) } else if (d is Foo) h(1) else throw E()
            val v = if (a) i(1) else j(1)
            when (x) { 1, 2 -> k(1); is Foo -> l(1); else -> m(1) }
            for (n in xs) { o(n); continue }
            try { p(1) } catch (e: Bar) { q(1) } finally { r(1) }
            val s = t ?: return u(1)
            val w = y as Foo
            val (aa, bb) = z(1)
        }"#,
        "where g(1) in [if both(a == b, !c)]
         where h(1) in [unless both(a == b, !c) > if d ~ Foo]
         where E() in [unless both(a == b, !c) > unless d ~ Foo!]
         where i(1) in [if a]
         where j(1) in [unless a]
         where k(1) in [if either(x == 1, x == 2)]
         where l(1) in [if x ~ Foo]
         where m(1) in [otherwise]
         where o(n) in [loop!]
         where p(1) in [try]
         where q(1) in [handler]
         where r(1) in []
         where u(1) in [unless t]
         where z(1) in []
         bind Module() f = definition f
         bind Block() v = (a ? i(1) : j(1))
         bind Block() n = Opaque
         bind Block() e = Opaque
         bind Block() s = either(t)
         bind Block() w = either(y)
         bind Block() aa = item 0 of z(1)
         bind Block() bb = item 1 of z(1)",
    );
}

#[test]
fn what_lambdas_are_given_is_taken_apart() {
    check(
        Kotlin,
        r#"val a = f().let { (_, body) -> g(body) }"#,
        "bind Function() (…) = parameter 0 _ _
         bind Function() _ = item 0 of (…)
         bind Function() body = item 1 of (…)
         bind Module() a = f().let(function())",
    );
}

#[test]
fn what_is_negated_is_the_whole_chain() {
    check(
        Kotlin,
        r#"val a = !b.c(d).e
           val i = -j.k
           fun l() { if (!m.n(o)) return p }"#,
        "bind Module() a = !either(b).c(d).e
         bind Module() i = either(j).k
         bind Module() l = definition l
         symbol b.c
         symbol m.n",
    );
}
