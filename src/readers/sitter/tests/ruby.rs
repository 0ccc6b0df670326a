use super::check;
use crate::fact::Language::Ruby;

#[test]
fn calls_and_symbols() {
    check(
        Ruby,
        r#"require "jwt"
        def f(token, key = nil)
          JWT.decode token, nil, false
          JWT.decode(token, key, true, { algorithm: 'none', "k" => :sym })
          JWT::EncodedToken.new(token).unverified_payload
          g(*args, verify: false, **rest, &blk)
          foo.bar
        end"#,
        "import jwt [] Top
         call require('jwt')
         call JWT.decode(token, null, false)
         call JWT.decode(token, key, true, {'algorithm': 'none', 'k': 'sym'})
         call JWT.EncodedToken(token)
         call g(...args, verify: false, **rest, blk)
         symbol require
         symbol JWT.decode
         symbol JWT.decode
         symbol JWT.EncodedToken
         symbol g
         discarded require('jwt')
         discarded JWT.decode(token, null, false)
         discarded JWT.decode(token, key, true, {'algorithm': 'none', 'k': 'sym'})
         discarded g(...args, verify: false, **rest, blk)
         define Function f(token,key) @[] :[] ->[foo.bar]",
    );
}

#[test]
fn classes_receivers_and_members() {
    check(
        Ruby,
        r#"module A
          class B < C::D
            KEY = 'k'
            def initialize(a) ; @a = a; @b ||= 1; end
            def self.m(x) = use(x, KEY)
            def use(x, k) ; @a.go(x); end
          end
        end"#,
        "bind Module() A = definition A
         bind Class(A) B = definition B
         bind Class(B) KEY = 'k'
         bind Function(initialize) a = parameter 0 _ _
         bind Class(B) a = a
         bind Class(B) b = either(this(B).b, 1)
         bind Class(B) m = definition m
         bind Function(m) x = parameter 0 _ _
         bind Class(B) use = definition use
         bind Function(use) x = parameter 0 _ _
         bind Function(use) k = parameter 1 _ _
         call this(B).use(x, this(B).KEY)
         call this(B).a.go(x)
         define Class A() @[] :[] ->[]
         define Class B() @[] :[C.D] ->[]
         define Function initialize(a) @[] :[] ->[either(this(B).b, 1)]
         define Function m(x) @[] :[] ->[this(B).use(x, this(B).KEY)]
         define Function use(x,k) @[] :[] ->[this(B).a.go(x)]",
    );
}

#[test]
fn blocks() {
    check(
        Ruby,
        r#"def f
          a if x
          return b(1) unless y
          raise E, "e" if z && w
          if p then c(1) elsif q then d(1) else e(1) end
          case k when 1, 2 then g(1) when String then h(1) else i(1) end
          begin; j(1); rescue E, F => err; l(1); ensure; m(1); end
          xs.each { |v| n(v) }
          while t do o(1); break end
          nil
        end"#,
        "where b(1) in [unless y!]
         where raise(E, 'e') in [if both(z, w)!]
         where c(1) in [if p]
         where d(1) in [unless p > if q]
         where e(1) in [unless p > unless q]
         where g(1) in [if either(k == 1, k == 2)]
         where h(1) in [if k == String]
         where i(1) in [otherwise]
         where j(1) in [try]
         where l(1) in [handler]
         where m(1) in []
         where n(v) in []
         where xs.each(function()) in []
         where o(1) in [loop!]
         define Function f() @[] :[] ->[b(1),null]
         define Function (v) @[] :[] ->[n(v)]",
    );
}

#[test]
fn values() {
    check(
        Ruby,
        r##"x, y = f(1)
        l = ->(z) { z }
        m = lambda { |q| q }
        s = "a#{b}c"
        w = %w[a b]
        a[1] = 2; a.b = 3
        o = p || 'none'"##,
        "bind Module() x = item 0 of f(1)
         bind Module() y = item 1 of f(1)
         bind Function(l) z = parameter 0 _ _
         bind Module() l = function(l)
         bind Function(m) q = parameter 0 _ _
         bind Module() m = function(m)
         bind Module() s = of('a', b, 'c')
         bind Module() w = ['a', 'b']
         bind Module() o = either(p, 'none')
         set a[1] = 2
         set a['b'] = 3",
    );
}
