use super::check;
use crate::fact::Language::CSharp;

#[test]
fn imports() {
    check(
        CSharp,
        "using A.B; using static A.C; using X = A.B.D; global using G; namespace N { using H; }",
        "import A.B [*] Top
         import A.C [*] Top
         import A.B.D [] Top
         import G [*] Top
         import H [*] Top
         bind Module() * = all of A.B
         bind Module() * = all of A.C
         bind Module() X = import A.B.D
         bind Module() * = all of G
         bind Module() * = all of H",
    );
}

#[test]
fn symbols_of_methods_on_new_objects() {
    check(
        CSharp,
        r#"using System.IdentityModel.Tokens.Jwt;
        class A {
            JwtSecurityTokenHandler field;
            void F(string t) {
                var h = new JwtSecurityTokenHandler();
                h.ReadJwtToken(t);
                field?.ReadToken(t);
                await this.field.ValidateTokenAsync(t);
            }
        }"#,
        "symbol System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler | JwtSecurityTokenHandler
         symbol System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler().ReadJwtToken | JwtSecurityTokenHandler().ReadJwtToken
         symbol System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler().ReadToken | JwtSecurityTokenHandler().ReadToken
         symbol System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler().ValidateTokenAsync | JwtSecurityTokenHandler().ValidateTokenAsync
         discarded h.ReadJwtToken(t)
         discarded this(A).field.ReadToken(t)
         discarded this(A).field.ValidateTokenAsync(t)",
    );
}

#[test]
fn initializers_and_named_arguments() {
    check(
        CSharp,
        r#"class A { Options field = new() { X = 1 }; void F() {
            var a = new Options(1) { Skip = true, Inner = { Y = 2 }, Validator = (t, p) => new Token(t) };
            Options b = new() { Skip = false };
            var c = new Dictionary<string, int> { ["a"] = 1, { "b", 2 } };
            var d = new[] { 1, 2 };
            h.Decode(t, verify: false, out var o);
            a.Skip = false;
            List<int> e = [1, ..d];
        } }"#,
        "bind Module() A = definition A
         bind Class(A) field = Options(X: 1)
         bind Class(A) F = definition F
         bind Function() t = parameter 0 _ _
         bind Function() p = parameter 1 _ _
         bind Block() a = Options(1, Skip: true, Inner: {'Y': 2}, Validator: function())
         bind Block() b = Options(Skip: false)
         bind Block() c = Dictionary(**{'a': 1, 'b': 2})
         bind Block() d = [1, 2]
         bind Block() o = parameter _ _
         bind Block() e = [1, d, ..]
         set a['Skip'] = false
         call Options(X: 1)
         call Token(t)
         call Options(1, Skip: true, Inner: {'Y': 2}, Validator: function())
         call Options(Skip: false)
         call Dictionary(**{'a': 1, 'b': 2})
         call h.Decode(t, verify: false, o)",
    );
}

#[test]
fn definitions() {
    check(
        CSharp,
        r#"[Authorize(Roles = "x")] [ApiController] public class A<T>(int p) : B<T>, I.J where T : class {
            public string K => "k";
            public Foo P { get; set; } = new();
            public int Q { get { return 1; } }
            [HttpGet("x")] public async Task<int> M(Foo f, string s = "d", params int[] rest) => await G();
            public A(int a) : base(a) { _y = a; }
        }
        record R(int A, string B);"#,
        "define Class A(p) @[Authorize(Roles: 'x'),ApiController] :[B,I.J] ->[]
         define Function () @[] :[] ->[1]
         define Function M(f,s) @[HttpGet('x')] :[] ->[G()]
         define Function A(a) @[] :[] ->[]
         define Class R(A,B) @[] :[] ->[]
         bind Module() A = definition A
         bind Class(A) p = parameter 0 _ _
         bind Class(A) K = 'k'
         bind Class(A) P = Foo()
         bind Class(A) Q = parameter _ _
         bind Class(A) M = definition M
         bind Function(M) f = parameter 0 Foo _
         bind Function(M) s = parameter 1 _ 'd'
         bind Function(M) rest = Opaque
         bind Function(A) a = parameter 0 _ _
         bind Function(A) _y = a
         bind Module() R = definition R
         bind Class(R) A = parameter 0 _ _
         bind Class(R) B = parameter 1 _ _",
    );
}

#[test]
fn blocks() {
    check(
        CSharp,
        r#"class A { void F() {
            if (a == null || d is Foo z) G(z); else { throw new E(); }
            switch (k) { case 1: case 2: H(); break; default: I(); break; }
            var z = k switch { 1 => J(), Foo f when f.X => K(f), _ => throw e };
            try { L(); } catch (E e) when (x) { M(); } finally { N(); }
            foreach (var q in xs) { O(); continue; }
            using (var s = P()) { Q(); }
        } }"#,
        "where G(z) in [if either(a == null, d ~ of(Foo))]
         where E() in [unless either(a == null, d ~ of(Foo))!]
         where H() in [if k == 2]
         where I() in [otherwise]
         where J() in [if k == 1]
         where K(f) in [if both(k ~ of(Foo), f.X)]
         where L() in [try]
         where M() in [handler]
         where N() in []
         where O() in [loop!]
         where P() in []
         where Q() in []",
    );
}

#[test]
fn texts() {
    check(
        CSharp,
        r#"class A { void F() { x = $"a{b}c"; y = @"d""e"; z = "f\tg"; w = s ?? "n"; v = s! + (string)t; } }"#,
        "bind Module() A = definition A
         bind Class(A) F = definition F
         bind Function(F) x = of('a', b, 'c')
         bind Function(F) y = 'd\"e'
         bind Function(F) z = 'f\tg'
         bind Function(F) w = either(s, 'n')
         bind Function(F) v = of(either(s), either(t))",
    );
}
