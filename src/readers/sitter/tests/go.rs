use super::check;
use crate::fact::Language::Go;

#[test]
fn imports() {
    check(
        Go,
        r#"package p
        import (
            "fmt"
            "github.com/golang-jwt/jwt/v5"
            jose "gopkg.in/square/go-jose.v2"
            "gopkg.in/go-jose/go-jose.v3"
            . "a/dot"
            _ "a/blank"
        )"#,
        "import fmt [] Top
         import github.com/golang-jwt/jwt/v5 [] Top
         import gopkg.in/square/go-jose.v2 [] Top
         import gopkg.in/go-jose/go-jose.v3 [] Top
         import a/dot [*] Top
         import a/blank [] Top
         bind Module() fmt = import fmt
         bind Module() jwt = import github.com/golang-jwt/jwt/v5
         bind Module() jose = import gopkg.in/square/go-jose.v2
         bind Module() go-jose = import gopkg.in/go-jose/go-jose.v3
         bind Module() jose = import gopkg.in/go-jose/go-jose.v3
         bind Module() * = all of a/dot",
    );
}

#[test]
fn symbols_of_methods_on_results() {
    check(
        Go,
        r#"package p
        import "github.com/golang-jwt/jwt/v5"
        func f(t string) (*jwt.Token, error) {
            parser := jwt.NewParser()
            tok, _, err := parser.ParseUnverified(t, claims)
            if err != nil { return nil, err }
            tok.Method.Alg()
            return tok, nil
        }"#,
        "symbol github.com/golang-jwt/jwt/v5.NewParser
         symbol github.com/golang-jwt/jwt/v5.NewParser().ParseUnverified
         symbol github.com/golang-jwt/jwt/v5.NewParser().ParseUnverified().Method.Alg
         bind Module() jwt = import github.com/golang-jwt/jwt/v5
         bind Module() f = definition f
         bind Function(f) t = parameter 0 string _
         bind Block() parser = jwt.NewParser()
         bind Block() tok = item 0 of parser.ParseUnverified(t, claims)
         bind Block() _ = item 1 of parser.ParseUnverified(t, claims)
         bind Block() err = item 2 of parser.ParseUnverified(t, claims)
         define Function f(t) @[] :[] ->[[null, err],[tok, null]]
         discarded tok.Method.Alg()",
    );
}

#[test]
fn receivers_and_fields() {
    check(
        Go,
        r#"package p
        import "github.com/golang-jwt/jwt/v5"
        func (s *Server) check(t string) { s.parser.Parse(t); s.check(t); s.last = t }
        type Server struct { parser *jwt.Parser; http.Handler }
        func (other Elsewhere) run() { other.x() }
        var limit jwt.Duration"#,
        "symbol github.com/golang-jwt/jwt/v5.Parser().Parse
         symbol
         symbol
         call this(Server).parser.Parse(t)
         call this(Server).check(t)
         call this(Elsewhere).x()
         bind Module() jwt = import github.com/golang-jwt/jwt/v5
         bind Class(Server) check = definition check
         bind Function(check) t = parameter 0 string _
         bind Class(Server) last = t
         bind Module() Server = definition Server
         bind Class(Server) parser = parameter jwt.Parser _
         bind Class(Server) Handler = parameter http.Handler _
         bind Class(Elsewhere) run = definition run
         bind Module() limit = parameter jwt.Duration _
         define Function check(t) @[] :[] ->[]
         define Class Server() @[] :[http.Handler] ->[]
         define Function run() @[] :[] ->[]",
    );
}

#[test]
fn literals_of_types() {
    check(
        Go,
        r#"package p
        import "oidc"
        var a = &oidc.Config{Skip: true, "x": 1}
        var b = []byte("secret")
        var c = map[string]any{"a": 1, "b": []int{1, 2}}
        var d = []oidc.Key{{ID: 'k'}}
        var e = Claims{jwt.StandardClaims{}, 1}"#,
        "bind Module() oidc = import oidc
         bind Module() a = either(oidc.Config(Skip: true, **{'x': 1}))
         bind Module() b = either('secret')
         bind Module() c = {'a': 1, 'b': [1, 2]}
         bind Module() d = [oidc.Key(ID: 'k')]
         bind Module() e = Claims(jwt.StandardClaims(), 1)",
    );
}

#[test]
fn functions_without_names() {
    check(
        Go,
        r#"package p
        import "github.com/golang-jwt/jwt/v5"
        func f() { jwt.Parse(t, func(t *jwt.Token) (any, error) { return key, nil }) }"#,
        "call jwt.Parse(t, function())
         define Function f() @[] :[] ->[]
         define Function (t) @[] :[] ->[[key, null]]
         symbol github.com/golang-jwt/jwt/v5.Parse",
    );
}

#[test]
fn blocks() {
    check(
        Go,
        r#"package p
        func f(a int) {
            if err := g(); err != nil { h(err); return } else if ok { i() } else { j() }
            switch a { case 1: k(); case 2, 3: l(); break; default: panic(1) }
            switch v := a.(type) { case jwt.Token: m(v) }
            for i := range xs { defer n(); continue }
        }"#,
        "where g() in []
         where h(err) in [if err != null!]
         where i() in [unless err != null > if ok]
         where j() in [unless err != null > unless ok]
         where k() in [if a == 1]
         where l() in [if either(a == 2, a == 3)]
         where panic(1) in [otherwise!]
         where m(v) in [if a ~ jwt.Token]
         where n() in [loop!]
         discarded h(err)
         discarded i()
         discarded j()
         discarded k()
         discarded l()
         discarded panic(1)
         discarded m(v)
         discarded n()",
    );
}

#[test]
fn assignments() {
    check(
        Go,
        r#"package p
        func f(c *Config) {
            x := 1
            { x = 2; y := x + z*2 }
            c.Skip = true
            c.m["k"] = !ok
            a, b = b, a
            go func() { x = 3 }()
        }"#,
        "bind Module() f = definition f
         bind Function(f) c = parameter 0 Config _
         bind Block() x = 1
         bind Block() x = 2
         bind Block() y = of(x, of(z, 2))
         bind Function(f) a = b
         bind Function(f) b = a
         bind Block() x = 3
         set c['Skip'] = true
         set c.m['k'] = !ok",
    );
}

#[test]
fn regions_and_names() {
    check(
        Go,
        "package p // c\nvar key = \"s\" + `r` /* d */",
        "region Comment // c
         region String \"s\"
         region String `r`
         region Comment /* d */
         name key Binding",
    );
}
