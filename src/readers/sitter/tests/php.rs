use super::check;
use crate::fact::Language::Php;

#[test]
fn imports_and_symbols() {
    check(
        Php,
        r#"<?php
        namespace App;
        use Firebase\JWT\JWT;
        use A\{B, C as D};
        use function F\g;
        function f($t, ?Key $k = null) {
            $p = JWT::decode($t, new Key($k, 'none'));
            $q = \Firebase\JWT\JWT::decode($t);
            Base64_Decode($t); g(1); D::x(alg: 1, ...$rest);
            $k->check();
            return $p;
        }"#,
        r"import Firebase.JWT [JWT] Top
         import A [B] Top
         import A [C] Top
         import F [g] Top
         bind Module() JWT = import Firebase.JWT.JWT
         bind Module() B = import A.B
         bind Module() D = import A.C
         bind Module() g = import F.g
         bind Module() f = definition f
         bind Function(f) t = parameter 0 _ _
         bind Function(f) k = parameter 1 Key null
         bind Function(f) p = JWT.decode(t, Key(k, 'none'))
         bind Function(f) q = Firebase.JWT.JWT.decode(t)
         symbol Key
         symbol Firebase.JWT.JWT.decode
         symbol Firebase.JWT.JWT.decode
         symbol base64_decode
         symbol F.g
         symbol A.C.x
         symbol Key().check
         call Key(k, 'none')
         call JWT.decode(t, Key(k, 'none'))
         call Firebase.JWT.JWT.decode(t)
         call base64_decode(t)
         call g(1)
         call D.x(alg: 1, ...rest)
         call k.check()
         define Function f(t,k) @[] :[] ->[p]",
    );
}

#[test]
fn classes_and_members() {
    check(
        Php,
        r#"<?php
        #[Route("/x", methods: ["GET"])]
        class M extends N implements O {
            const X = 1;
            private ?Foo $a = null;
            public function __construct(private Foo $c) { $this->a = $c; parent::__construct(); self::$b = 1; }
            public static function m() { $this->a->go(); return static::X; }
        }
        $arr = ['a' => 1, ...$z]; $arr['x'] = 2; $o->p = true;
        [$v, $w] = h();"#,
        "bind Module() M = definition M
         bind Class(M) X = 1
         bind Class(M) a = null
         bind Function(__construct) c = parameter 0 Foo _
         bind Class(M) c = parameter Foo _
         bind Class(M) c = c
         bind Class(M) a = c
         bind Class(M) b = 1
         bind Class(M) m = definition m
         bind Module() arr = {'a': 1, ...z}
         bind Module() v = item 0 of h()
         bind Module() w = item 1 of h()
         call Route('/x', methods: ['GET'])
         call parent.__construct()
         call this(M).a.go()
         call h()
         set arr['x'] = 2
         set o['p'] = true
         define Class M() @[Route('/x', methods: ['GET'])] :[N,O] ->[]
         define Function __construct(c) @[] :[] ->[]
         define Function m() @[] :[] ->[this(M).X]",
    );
}

#[test]
fn blocks() {
    check(
        Php,
        r#"<?php
        if (!$x) { a(); } elseif ($y === 1) { throw new E("x"); } else { die("d"); }
        switch ($x) { case 1: b(); break; default: c(); }
        $z = match($x) { 1, 2 => d(), default => e() };
        foreach ($xs as $k => $v) { g($v); continue; }
        try { h(); } catch (A | B $e) { i(); } finally { j(); }
        $fn = fn($q) => k($q);
        $w = $a ?: $b ?? 'n';"#,
        "where a() in [if !x]
         where E('x') in [unless !x > if y == 1!]
         where die('d') in [unless !x > unless y == 1!]
         where b() in [if x == 1]
         where c() in [otherwise]
         where d() in [if either(x == 1, x == 2)]
         where e() in [otherwise]
         where g(v) in [loop!]
         where h() in [try]
         where i() in [handler]
         where j() in []
         where k(q) in []
         bind Module() z = either(d(), e())
         bind Module() k = Opaque
         bind Module() v = Opaque
         bind Module() e = Opaque
         bind Function(fn) q = parameter 0 _ _
         bind Module() fn = function(fn)
         bind Module() w = either(a, either(b, 'n'))
         define Function (q) @[] :[] ->[k(q)]",
    );
}

#[test]
fn constants_of_classes() {
    check(
        Php,
        "<?php class S { const VERIFY = false; } f(S::VERIFY); f(S::$v);",
        "bind Module() S = definition S
         bind Class(S) VERIFY = false
         call f(S.VERIFY)
         call f(S.v)",
    );
}

#[test]
fn lists_that_leave_items_out() {
    check(
        Php,
        r#"<?php [, $b] = f(); list($a) = g(); $c = h();"#,
        "bind Module() b = item 1 of f()
         bind Module() a = item 0 of g()
         bind Module() c = h()",
    );
}
