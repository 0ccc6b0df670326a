use super::check;
use crate::fact::Language::Scala;

#[test]
fn imports_and_symbols() {
    check(
        Scala,
        r#"import pdi.jwt.{Jwt, JwtOptions => Options, _}
        import a.b.F
        class A(j: F) {
          def f(token: String) = {
            Jwt.decode(token, Options(signature = false))
            j.go(null)
            new Other(1).run(xs: _*)
          }
        }"#,
        "import pdi.jwt [Jwt,JwtOptions,*] Top
         import a.b [F] Top
         symbol pdi.jwt.JwtOptions
         symbol pdi.jwt.Jwt.decode
         symbol a.b.F().go
         symbol pdi.jwt.Other | Other
         symbol pdi.jwt.Other().run | Other().run
         call Options(signature: false)
         call Jwt.decode(token, Options(signature: false))
         call this(A).j.go(null)
         call Other(1)
         call Other(1).run(...xs)
         discarded Jwt.decode(token, Options(signature: false))
         discarded this(A).j.go(null)
         define Class A(j) @[] :[] ->[]
         define Function f(token) @[] :[] ->[Other(1).run(...xs)]",
    );
}

#[test]
fn definitions() {
    check(
        Scala,
        r#"@Foo("x") class A(y: Int = 1)(implicit z: Q) extends B(y) with C[D] {
          val x: Option[Foo] = Some(1)
          val (m, n) = g(1)
          @inject def p(a: Foo, b: String = "d"): Int = if (a == b) x else 1
        }
        object S { def apply(x: Int) = xs.map(y => y.go(1)).getOrElse(2) }"#,
        "bind Module() A = definition A
         bind Class(A) y = parameter 0 Int 1
         bind Class(A) z = parameter 1 Q _
         bind Class(A) x = parameter Option Some(1)
         bind Class(A) m = item 0 of g(1)
         bind Class(A) n = item 1 of g(1)
         bind Class(A) p = definition p
         bind Function(p) a = parameter 0 Foo _
         bind Function(p) b = parameter 1 String 'd'
         bind Module() S = definition S
         bind Class(S) apply = definition apply
         bind Function(apply) x = parameter 0 Int _
         bind Function() y = parameter 0 _ _
         define Class A(y,z) @[Foo('x')] :[B,C] ->[]
         define Function p(a,b) @[inject] :[] ->[(a == b ? this(A).x : 1)]
         define Class S() @[] :[] ->[]
         define Function apply(x) @[] :[] ->[either(xs.map(function()), 2)]
         define Function (y) @[] :[] ->[y.go(1)]",
    );
}

#[test]
fn blocks() {
    check(
        Scala,
        r#"def f() = {
          if (a && !b) g(1) else throw new E("x")
          val v = x match { case Success(y) if y > 1 => h(y); case Failure(e: Foo) => i(e); case 3 => j(1); case _ => k(1) }
          for (n <- xs) { l(n) }
          try { m(1) } catch { case e: Bar => o(1) } finally { p(1) }
          q(s"a$b")
        }"#,
        "where g(1) in [if both(a, !b)]
         where E('x') in [unless both(a, !b)!]
         where h(y) in [if both(x ~ of(Success), y ~ 1)]
         where i(e) in [if x ~ of(Foo, Failure)]
         where j(1) in [if x == 3]
         where k(1) in [otherwise]
         where l(n) in [loop]
         where m(1) in [try]
         where o(1) in [handler > otherwise]
         where p(1) in []
         where q(of(b)) in []",
    );
}

#[test]
fn patterns_take_lists_apart() {
    check(
        Scala,
        r#"object A { def f(t: String) = t.split('.') match { case Array(_, p, _) => g(p) } }"#,
        "bind Module() A = definition A
         bind Class(A) f = definition f
         bind Function(f) t = parameter 0 String _
         bind Block() p = item 1 of t.split('.')",
    );
}
