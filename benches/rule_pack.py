#!/usr/bin/env python3
"""Counts what the built-in rules cover and prints the tables of docs/rule-pack.md.

    python3 benches/rule_pack.py --binary target/release/ssot-guard
    python3 benches/rule_pack.py --binary PATH --peers      tries ruff and bandit on the rules' examples too
    python3 benches/rule_pack.py --binary PATH --class J04  every condition of one class, to check the counting

The ids and languages come from `ssot-guard rules list --format json`; conditions, names and examples
from the files below `rules/`. Both must name the same rules. What is written by hand here is which class a rule
belongs to, and what users call the library that a name belongs to; a rule or a name that nobody placed is an error,
so the tables cannot fall behind the rules unseen.

Needs Python 3.11 and nothing else; --peers installs ruff and bandit into target/ when they are missing.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import programs
from programs import ROOT, Unavailable

RULES = ROOT / "rules"

CLASSES = {
    "J01": (
        "signature check off",
        "jwt-verify-disabled jwt-verify-sender-decides jwt-verify-setting-off jwt-verify-flag-off "
        "jwt-verify-argument-dead",
    ),
    "J02": (
        "read without a check",
        "jwt-unverified-read jwt-unverified-peek jwt-unverified-own-token jwt-unverified-read-client",
    ),
    "J03": ("`none` accepted", "jwt-none-accepted jwt-none-listed"),
    "J04": ("key from the token", "jwt-key-from-token jwt-key-address-from-token"),
    "J05": ("result ignored", "jwt-result-ignored jwt-error-ignored"),
    "J06": ("algorithm open or from the header", "jwt-algorithm-from-header jwt-algorithm-unpinned"),
    "J07": ("claims unchecked", "jwt-claims-unchecked"),
    "J08": ("empty key", "jwt-empty-key jwt-empty-signing-key"),
    "J09": ("unsigned token issued", "jwt-unsigned-issue"),
    "J10": ("header read before the check", "jwt-header-peek"),
    "J20": ("direct use of a library", "jwt-direct-import jwt-direct-decode jwt-direct-encode"),
    "J21": ("token taken apart by hand", "jwt-manual-decode jwt-manual-decode-client"),
    "J30": ("key in the source", "jwt-hardcoded-secret"),
    "J31": ("key with a default", "jwt-secret-default"),
    "T01": ("certificate check off", "tls-verify-disabled"),
    "W01": (
        "WebSocket without a check",
        "websocket-without-auth websocket-origin-unchecked websocket-token-in-url websocket-local-token-check",
    ),
    "A01": ("switch for authentication", "auth-bypass-flag"),
    "A02": (
        "a way around a failed check",
        "auth-fallback-unverified auth-fallback-identity auth-fallback-allowed auth-fallback-local auth-fallback-name "
        "auth-optional auth-header-trusted auth-classes-empty auth-dependency-overridden auth-error-swallowed "
        "auth-fallback-passes auth-error-passes auth-key-missing auth-token-compared "
        "auth-token-hardcoded",
    ),
    "hollow": ("checks that check nothing", "token-check-hollow token-check-own auth-confession"),
    "contracts": (
        "one thing with two meanings",
        "env-default-differs environment-undeclared import-fallback-defined layer-crossed retired-name-used "
        "retired-name-mentioned",
    ),
    "routes": ("handler that asks nobody", "route-without-auth"),
    "cookies": ("cookie of the token unprotected", "jwt-cookie-insecure"),
    "exceptions": (
        "exceptions that are wrong",
        "exception-invalid exception-without-reason exception-expired exception-unused",
    ),
}

# Classes that the catalogue has no number for.
UNNUMBERED = {"hollow", "contracts", "routes", "cookies", "exceptions"}

# Keys of the symbol files and of `rules list`, with what the tables call them.
LANGUAGES = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "rust": "Rust",
    "go": "Go",
    "java": "Java",
    "kotlin": "Kotlin",
    "scala": "Scala",
    "csharp": "C#",
    "ruby": "Ruby",
    "php": "PHP",
}
SHORT = dict(zip(LANGUAGES, "py js ts rs go java kt scala cs rb php".split()))
# Languages that share their libraries' names.
FAMILIES = {
    "python": ["python"],
    "javascript": ["javascript", "typescript"],
    "rust": ["rust"],
    "go": ["go"],
    "jvm": ["java", "kotlin", "scala"],
    "csharp": ["csharp"],
    "ruby": ["ruby"],
    "php": ["php"],
}
FAMILY_OF = {language: family for family, languages in FAMILIES.items() for language in languages}

# Classes that are about more than libraries of tokens.
OTHER_LIBRARIES = {"J30", "J31", "T01", "W01", "A01", "A02"}

# By family: `start of a name: what users call the library`. The longest start wins; one that ends in `$` is the whole
# name. `-` is a part of the language or a helper (base64, JSON, an HTTP client, a framework that tells a server from a
# page) that a condition needs and that is no library of tokens; `+` marks one that counts for the classes about
# connections and sessions only.
LIBRARIES = {
    "python": """
        env:: - | josepy: josepy | jwskate: jwskate | dependency_injector: - | pathlib: - | aiohttp.web: +aiohttp | flask: +Flask
        django: -
        msal.: msal
        optparse: -
        docopt: -
        fire: -
        typer: -
        click: -
        argparse: -
        struct.: -
        re: -
        datetime.: -
        time.: -
        rsa.: -
        Cryptodome.: -
        Crypto.: -
        hashlib.: -
        jwt: PyJWT | jwt.JWT: jwt (GehirnInc) | jwt.jwt.: jwt (GehirnInc) | jose: python-jose | authlib: Authlib
        joserfc: joserfc | jwcrypto: jwcrypto | python_jwt: python-jwt | google.auth: google-auth
        google.oauth2: google-auth | rest_framework_simplejwt: djangorestframework-simplejwt
        flask_jwt_extended: Flask-JWT-Extended | flask_jwt: Flask-JWT | rest_framework_jwt: drf-jwt
        fastapi_jwt_auth: fastapi-jwt-auth | fastapi_users: fastapi-users | sanic_jwt: sanic-jwt
        graphql_jwt: django-graphql-jwt | itsdangerous: itsdangerous | keycloak: python-keycloak
        firebase_admin: firebase-admin (Python)
        fastapi.: +FastAPI | channels: +Django Channels | websockets: +websockets
        flask_socketio: +Flask-SocketIO | socketio: +python-socketio | requests: +requests | httpx: +httpx
        aiohttp: +aiohttp | boto3: +boto3 | hvac: +hvac | niquests: +niquests | curl_cffi: +curl_cffi | ssl.: +ssl
        urllib3: - | urllib.: - | base64.: - | binascii: - | json.: - | orjson: - | ujson: - | simplejson: -
        rapidjson: - | msgspec: - | cryptography: - | builtins: - | decouple: +python-decouple
        starlette: +Starlette | environ.: +django-environ | environs: +environs | pydantic: +pydantic
        rest_framework.: +Django REST framework | tornado: +Tornado | hmac.: - | secrets.: - | asyncio.: - | anyio.: -
        concurrent.: - | gevent: - | starlette.concurrency: - | fastapi.concurrency: -
    """,
    "javascript": """
        paseto: paseto
        inquirer: -
        @oclif/core: -
        oclif: -
        cac: -
        minimist: -
        meow: -
        yargs: -
        commander: -
        crypto-js.: -
        @hapi/jwt: @hapi/jwt
        @zaubrik/djwt: djwt
        djwt: djwt
        jsonwebtoken: jsonwebtoken | jose: jose | jwt-simple: jwt-simple | fast-jwt: fast-jwt | njwt: njwt | jws: jws
        jwa: jwa | jwt-decode: jwt-decode | node-jose: node-jose | jsrsasign: jsrsasign | express-jwt: express-jwt
        koa-jwt: koa-jwt | passport-jwt: passport-jwt | @nestjs/jwt: @nestjs/jwt | @fastify/jwt: @fastify/jwt
        fastify-jwt: @fastify/jwt | fastify: - | hono/: hono | @elysiajs/jwt: @elysiajs/jwt
        aws-jwt-verify: aws-jwt-verify | jwks-rsa: jwks-rsa | get-jwks: get-jwks | next-auth: next-auth
        @auth/core: @auth/core | @tsndr/cloudflare-worker-jwt: @tsndr/cloudflare-worker-jwt
        @okta/jwt-verifier: @okta/jwt-verifier | express-oauth2-jwt-bearer: express-oauth2-jwt-bearer | oslo/: oslo
        @oslojs/jwt: @oslojs/jwt | firebase-admin: firebase-admin | google-auth-library: google-auth-library
        ws.: +ws | websocket.: +websocket | socket.io: +socket.io | @nestjs/websockets: +@nestjs/websockets
        express-session: +express-session | envalid: +envalid
        globalThis: - | buffer: - | node:: - | crypto.: - | base64url: - | base64-js: - | universal-base64url: -
        abab: - | base-64: - | js-base64: - | secure-json-parse: - | json5: - | axios: - | got: - | node-fetch: -
        undici: - | superagent: - | request: - | ky.: - | jwk-to-pem: - | @hexagon/base64: - | jose.util.: -
        jsrsasign.b64: - | jsrsasign.KJUR.jws.JWS.readSafeJSONString: - | jsrsasign.jws.JWS.readSafeJSONString: -
        node:http: - | node:https: - | node:http2: - | node:fs: - | node:fs/promises: - | node:net: - | node:path: -
        node:async_hooks: - | node:process: - | http$: - | https$: - | fs$: - | fs/promises: - | pg$: - | mysql2: -
        mongoose: - | mongodb: - | typeorm: - | sequelize: - | knex: - | @prisma/client: - | redis$: - | ioredis: -
        react$: - | react-dom: - | vue$: - | @angular/core: - | @angular/common/http: - | svelte$: - | solid-js: -
        preact: - | react-native: - | redux: - | @reduxjs/toolkit: - | zustand: - | react-router-dom: -
        js-cookie: - | jquery: - | electron: - | passport$: - | inquirer: -
        express$: - | koa$: - | @koa/router: - | koa-router: - | @nestjs/common: - | hono$: - | next/server: -
        next/headers: - | @hapi/hapi: - | restify: - | polka$: - | h3$: - | aws-lambda: - | @apollo/server: -
        apollo-server: - | graphql-yoga: -
        @trpc/server: - | ws$: - | @cloudflare/workers-types: - | itty-router: -
    """,
    "rust": """
        constant_time_eq.: - | ring.hmac.: -
        argh: -
        structopt: -
        clap: -
        jsonwebtoken: jsonwebtoken (Rust) | jsonwebtokens: jsonwebtokens | jwt_simple: jwt-simple (Rust)
        josekit: josekit | biscuit: biscuit | jwt: jwt (Rust) | openidconnect: openidconnect | compact_jwt: compact_jwt
        jwt_compact: jwt-compact | jwt_authorizer: jwt-authorizer | no_way: no-way | frank_jwt: frank_jwt | ssi: ssi
        alcoholic_jwt: alcoholic_jwt | jwt.Header: jwt (Rust) | jwt.header.: jwt (Rust)
        jwt.PrecomputedAlgorithmOnlyHeader: jwt (Rust)
        openssl.ssl: +openssl | reqwest: +reqwest | tokio_tungstenite: +tokio-tungstenite | tungstenite: +tungstenite
        async_tungstenite: +async-tungstenite | actix_web_actors: +actix-web | actix_ws: +actix-web
        base64: - | data_encoding: - | openssl.base64: - | ct_codecs: - | serde_json: - | simd_json: - | sonic_rs: -
        warp: +warp | json.: - | ureq: - | surf: - | isahc: - | std.: - | Default.: - | gloo: - | js_sys: - | seed$: -
        wasm_bindgen: - | web_sys: - | yew$: -
    """,
    "go": """
        github.com/alecthomas/kong: -
        github.com/urfave/cli: -
        github.com/spf13/cobra: -
        flag: -
        time.: -
        strconv.: -
        crypto/subtle.: -
        crypto/sha512.: -
        crypto/sha256.: -
        github.com/golang-jwt/jwt: golang-jwt | github.com/dgrijalva/jwt-go: dgrijalva/jwt-go
        github.com/form3tech-oss/jwt-go: form3tech-oss/jwt-go | github.com/lestrrat-go/jwx: jwx
        github.com/go-jose/go-jose: go-jose | gopkg.in/square/go-jose: go-jose | gopkg.in/go-jose/go-jose: go-jose
        go.step.sm/crypto/jose: go.step.sm/crypto | github.com/coreos/go-oidc: go-oidc
        github.com/cristalhq/jwt: cristalhq/jwt | github.com/gbrlsnchs/jwt: gbrlsnchs/jwt
        github.com/pascaldekloe/jwt: pascaldekloe/jwt | github.com/kataras/jwt: kataras/jwt
        github.com/labstack/echo: echo-jwt | echojwt.: echo-jwt | github.com/appleboy/gin-jwt: gin-jwt
        github.com/gofiber: gofiber/jwt | jwtware.: gofiber/jwt | jwtmiddleware.: go-jwt-middleware
        github.com/auth0/go-jwt-middleware: go-jwt-middleware | github.com/go-chi/jwtauth: go-chi/jwtauth
        github.com/MicahParks/keyfunc: MicahParks/keyfunc
        github.com/gorilla/websocket: +gorilla/websocket | github.com/coder/websocket: +coder/websocket
        nhooyr.io/websocket: +coder/websocket | github.com/gobwas/ws: +gobwas/ws
        github.com/gofiber/websocket: +gofiber/websocket | github.com/gofiber/contrib/websocket: +gofiber/websocket
        golang.org/x/net/websocket: +golang.org/x/net/websocket | crypto/tls: +crypto/tls
        crypto/x509: - | crypto/rsa: - | crypto/ecdsa: - | crypto/hmac: - | strings.: - | encoding/: - | net/http: -
        github.com/goccy/go-json: - | github.com/json-iterator/go: -
        github.com/bytedance/sonic: -
    """,
    "jvm": """
        org.rogach.scallop: -
        scopt: -
        com.github.ajalt.clikt: -
        com.beust.jcommander: -
        picocli: -
        com.auth0.jwt: java-jwt | com.auth0.jwk: jwks-rsa (Java) | com.auth0.android.jwt: JWTDecode.Android
        io.jsonwebtoken: jjwt | com.nimbusds: nimbus-jose-jwt | org.jose4j: jose4j
        org.springframework.security: spring-security-oauth2-jose | io.fusionauth.jwt: fusionauth-jwt | org.pac4j.jwt: pac4j-jwt
        org.primeframework.jwt: prime-jwt | io.vertx.ext.auth.jwt: vertx-auth-jwt | pdi.jwt: jwt-scala
        io.smallrye.jwt: smallrye-jwt | com.okta.jwt: okta-jwt-verifier | io.vertx.ext.jwt: vertx-auth-jwt
        io.vertx.ext.auth.impl.jose: vertx-auth-jwt | io.vertx.ext.auth.PubSecKeyOptions: vertx-auth-jwt
        cn.hutool.jwt: hutool-jwt | org.keycloak: keycloak-core | tsec.: tsec
        org.springframework.beans: +Spring | org.springframework.web.socket: +Spring WebSocket
        org.springframework.messaging: +Spring WebSocket | org.apache.http: +Apache HttpClient
        org.apache.hc: +Apache HttpClient | io.netty: +Netty | io.jsonwebtoken.io: -
        java.util: - | org.apache.commons: - | com.google.common: - | android: - | com.nimbusds.jose.util: -
        org.springframework.util: - | kotlin.io: - | com.fasterxml: - | com.google.gson: - | org.json: -
        com.alibaba: - | kotlinx: - | play.api: - | io.circe: - | org.springframework.web.client: - | cn.hutool: -
        io.vertx.core: - | jakarta.json: - | javax.json: - | org.bouncycastle: - | org.springframework.boot.json: -
        ujson.: - | upickle: - | java.lang: - | java.net: - | java.security: - | System.getenv: - | scala.: -
        sys.env: -
    """,
    "csharp": """
        Cocona: -
        McMaster.Extensions.CommandLineUtils: -
        Spectre.Console: -
        CommandLine: -
        System.CommandLine: -
        System.IdentityModel: IdentityModel | Microsoft.IdentityModel: IdentityModel | JwtSecurityToken: IdentityModel
        JsonWebTokenHandler: IdentityModel | TokenValidationParameters: IdentityModel
        SymmetricSecurityKey: IdentityModel | SecurityTokenDescriptor: IdentityModel | SignatureValidator: IdentityModel
        Microsoft.AspNetCore.Authentication.JwtBearer: ASP.NET Core JwtBearer | JWT: JWT.NET | Jose: jose-jwt
        Google.Apis.Auth: Google.Apis.Auth | FirebaseAdmin: FirebaseAdmin (.NET)
        System.Net.Http.HttpClientHandler: +System.Net.Http | System.Net.Http: - | System.Convert: - | System.Text: -
        System.Net.Security: +System.Net.Security | Microsoft.AspNetCore.SignalR: +SignalR | System.Buffers: -
        System.Security.Cryptography: - | Newtonsoft: - | Microsoft.AspNetCore.WebUtilities: -
        Microsoft.AspNetCore.Components: - | AuthenticationStateProvider: - | Microsoft.JSInterop: - | Blazored: -
        Microsoft.Maui: - | Xamarin: -
    """,
    "ruby": """
        tty-prompt: -
        slop: -
        optparse: -
        thor: -
        JWT: ruby-jwt | jwt: ruby-jwt | JSON.JWT: json-jwt | JSON.JWS: json-jwt | JSON.JWK: json-jwt
        json/jwt: json-jwt | jose: jose (Ruby) | JWT.Base64: - | OpenSSL.SSL: +OpenSSL | OpenSSL: - | Base64: -
        JSON.parse: - | JSON.load: - | Oj: - | MultiJson: - | ActiveSupport: - | Net.HTTP: - | Faraday: - | HTTParty: -
        Faraday$: +Faraday | Faraday.new: +Faraday | RestClient: - | URI: - | HTTP: - | Faye: +faye-websocket
        Async.WebSocket: +async-websocket | JOSE: jose (Ruby) | Typhoeus: - | Rack.: - | ActionCable: +Action Cable
    """,
    "php": """
        Symfony\Component\Console: -
        Symfony.Component.Console: -
        substr: -
        str_starts_with: -
        is_string: -
        count: -
        strlen: -
        trim: -
        intval: -
        time: -
        strtotime: -
        explode: -
        openssl_verify: -
        hash_hmac: -
        Firebase.JWT: firebase/php-jwt | Firebase.JWT.JWT.jsonDecode: - | Firebase.JWT.JWT.urlsafeB64Decode: -
        JWT.decode: firebase/php-jwt | Lcobucci.JWT: lcobucci/jwt | Jose.: web-token
        Namshi.JOSE: namshi/jose | Tymon.JWTAuth: tymon/jwt-auth
        PHPOpenSourceSaver.JWTAuth: php-open-source-saver/jwt-auth
        Lexik: lexik/jwt-authentication-bundle | SimpleJWT: kelvinmo/simplejwt | MiladRahimi.Jwt: miladrahimi/php-jwt
        Auth0.SDK: auth0-php | Ahc.Jwt: adhocore/jwt | ReallySimpleJWT: rbdwllr/reallysimplejwt | Ratchet: +Ratchet
        GuzzleHttp.Client(): - | GuzzleHttp.Client: +Guzzle | curl_: +curl | CURLOPT: +curl | base64_decode: -
        hash_equals: - | sodium: - | ParagonIE: - | Base64Url: - | json_decode: - | file_get_contents: - | Illuminate: -
    """,
}

# Libraries that a condition knows by the plain names of methods, settings or members:
# `rule: text of the condition = family: libraries`.
BY_NAME = """
jwt-verify-disabled: ^setSkipSignatureVerification$ = jvm: jose4j
jwt-verify-disabled: ^RequireSignedTokens$ = csharp: IdentityModel
jwt-verify-disabled: ^DoNotVerifySignature$ = csharp: JWT.NET
jwt-verify-disabled: ^WithVerifySignature$ = csharp: JWT.NET
jwt-verify-disabled: {'name': '/^ValidateSignature$/', 'by' = csharp: JWT.NET
jwt-verify-disabled: ^ValidateSignature$ = csharp: IdentityModel
jwt-verify-disabled: ^setJWSVerifierFactory$ = jvm: nimbus-jose-jwt
jwt-verify-disabled: insecure_disable_signature_( = rust: jsonwebtoken (Rust), openidconnect
jwt-verify-setting-off: GRAPHQL_JWT = python: django-graphql-jwt, drf-jwt
jwt-unverified-read: ^jwtDecode$ = javascript: @fastify/jwt
jwt-unverified-read: ^unverified_payload$ = ruby: ruby-jwt
jwt-unverified-read: ^(?:fastify|app|server = javascript: @fastify/jwt
jwt-unverified-read: ^getUnverifiedPayload = jvm: jose4j
jwt-unverified-read: (?:jwtClaimsSet|getJWTClaimsSet) = jvm: nimbus-jose-jwt
jwt-unverified-read: ^getJWTClaimsSet$ = jvm: nimbus-jose-jwt
jwt-unverified-read: ^(?:toJSONObject|toBytes)$ = jvm: nimbus-jose-jwt
jwt-unverified-peek: ^setSkipSignatureVerification$ = jvm: jose4j
jwt-none-accepted: ^OIDC_ALLOW_UNSECURED_JWT$ = python: mozilla-django-oidc
jwt-none-accepted: ^(into_)?decode(d)?$ = rust: biscuit
jwt-none-accepted: parseClaimsJwt = jvm: jjwt
jwt-none-accepted: ^setDisableRequireSignature$ = jvm: jose4j
jwt-none-accepted: {'is': '/^unsecured$/' = jvm: jjwt
jwt-none-accepted: ^algorithm_type$ = rust: jwt (Rust)
jwt-none-accepted: verify_signature! = ruby: ruby-jwt
jwt-none-listed: SIMPLE_JWT = python: djangorestframework-simplejwt
jwt-none-listed: JWT_(?:DECODE_)?ALGORITHMS? = python: Flask-JWT-Extended
jwt-algorithm-unpinned: ^OIDC_VERIFY_KID$ = python: mozilla-django-oidc
jwt-algorithm-unpinned: allow_any_alg|decode_with_jwks_ignore_kid = rust: openidconnect, biscuit
jwt-claims-unchecked: JWT_VERIFY_(?:SUB = python: Flask-JWT-Extended, drf-jwt
jwt-claims-unchecked: ignoreExpiration|ig = javascript: jsonwebtoken, fast-jwt, @nestjs/jwt, @fastify/jwt, passport-jwt
jwt-claims-unchecked: ^require_(?:issuer|audience)_match$ = rust: openidconnect
jwt-claims-unchecked: ^ignore_exp$ = rust: jsonwebtokens
jwt-claims-unchecked: setSkipAllValidators = jvm: jose4j
jwt-claims-unchecked: ^setJWTClaimsSetVerifier$ = jvm: nimbus-jose-jwt
jwt-claims-unchecked: acceptLeeway = jvm: java-jwt, jjwt, jose4j
jwt-claims-unchecked: ^setIgnoreExpiration$ = jvm: vertx-auth-jwt
jwt-claims-unchecked: ValidateLifetime = csharp: IdentityModel
jwt-claims-unchecked: ^ValidateIssuerSigningKey$ = csharp: IdentityModel
jwt-claims-unchecked: LifetimeValidator|AudienceValidator = csharp: IdentityModel
jwt-claims-unchecked: ^Validate(?:ExpirationTime|IssuedTime)$ = csharp: JWT.NET
jwt-claims-unchecked: required_spec_claims$ = rust: jsonwebtoken (Rust)
jwt-claims-unchecked: ^Verify(?:ExpiresAt|Audience|Issuer)$ = go: golang-jwt, dgrijalva/jwt-go, form3tech-oss/jwt-go
jwt-empty-signing-key: ^SIMPLE_JWT$ = python: djangorestframework-simplejwt
jwt-unsigned-issue: ^setAlgorithmHeaderValue$ = jvm: jose4j
jwt-unsigned-issue: ^(into_)?encode(d)?$ = rust: biscuit
jwt-unsigned-issue: ^WithAlgorithm$ = csharp: JWT.NET
jwt-unsigned-issue: ^compact$ = jvm: jjwt
jwt-unsigned-issue: ^getToken$ = php: lcobucci/jwt
jwt-hardcoded-secret: ^setSigningKey$ = jvm: jjwt
jwt-hardcoded-secret: ^signWith$ = jvm: jjwt
jwt-hardcoded-secret: ^WithSecret$ = csharp: JWT.NET
jwt-hardcoded-secret: ^secretOrKey$ = javascript: passport-jwt
jwt-hardcoded-secret: ^SIMPLE_JWT$ = python: djangorestframework-simplejwt
jwt-secret-default: ^setSigningKey$ = jvm: jjwt
jwt-secret-default: ^signWith$ = jvm: jjwt
jwt-secret-default: ^default$ = javascript: zod
jwt-secret-default: ^SetDefault$ = go: viper
jwt-secret-default: [cC]onfig(?:Service)? = javascript: @nestjs/config
jwt-result-ignored: ^jwtVerify$ = javascript: @fastify/jwt
jwt-key-from-token: ^allowEmbeddedKey$ = javascript: node-jose
jwt-cookie-insecure: COOKIE_CSRF_PROTECT = python: Flask-JWT-Extended
tls-verify-disabled: danger_accept_invalid_ = rust: reqwest, native-tls
tls-verify-disabled: ^verify_server_cert$ = rust: rustls
tls-verify-disabled: ^cert_reqs$ = python: urllib3
tls-verify-disabled: ^OAUTHLIB_INSECURE_TRANSPORT$ = python: oauthlib
tls-verify-disabled: OIDC_VERIFY_SSL = python: mozilla-django-oidc, social-auth
tls-verify-disabled: NODE_TLS_REJECT_UNAUTHORIZED = javascript: Node.js tls
tls-verify-disabled: ^checkServerIdentity$ = javascript: Node.js tls
tls-verify-disabled: rejectUnauthorized = javascript: Node.js tls
tls-verify-disabled: ^checkServerTrusted$ = jvm: javax.net.ssl
tls-verify-disabled: ^withoutVerifying$ = php: Laravel
websocket-without-auth: ^websocket(?:_route)?$ = python: FastAPI, Starlette, Quart, Sanic
websocket-without-auth: ^(?:event|on)$ = python: Flask-SocketIO, python-socketio
websocket-without-auth: ^WebSocketGateway$ = javascript: @nestjs/websockets
websocket-without-auth: ^WebSocketUpgrade$ = rust: axum
websocket-without-auth: '/^ws$/' = javascript: express-ws
websocket-without-auth: {'has': {'websocket': True}} = javascript: @fastify/websocket
websocket-without-auth: ^addHandler$ = jvm: Spring WebSocket
websocket-without-auth: addHandler|addEndpoint = jvm: Spring WebSocket
websocket-without-auth: ^ServerEndpoint$ = jvm: Jakarta WebSocket
websocket-without-auth: ^AcceptWebSocketAsync$ = csharp: ASP.NET Core
websocket-origin-unchecked: ^check_origin$ = python: Tornado
websocket-origin-unchecked: ^CheckOrigin$ = go: gorilla/websocket
websocket-origin-unchecked: ^setAllowedOrigin = jvm: Spring WebSocket
auth-bypass-flag: ^FIREBASE_AUTH_EMULATOR_HOST$ = javascript: firebase-admin
auth-bypass-flag: ^skipWhen$ = jvm: Ktor
auth-optional: ^authenticate$ = jvm: Ktor
auth-classes-empty: _classes$ = python: Django REST framework
auth-classes-empty: ^DEFAULT_PERMISSION_CLASSES$ = python: Django REST framework
auth-dependency-overridden: ^dependency_overrides$ = python: FastAPI
"""

# What ruff (S) and bandit (B) report of passwords in the source and of connections without a check. Neither has a rule
# that speaks of tokens.
PEER_CODES = {
    "J30": {"S105", "S106", "S107", "B105", "B106", "B107"},
    "J31": {"S105", "S106", "S107", "B105", "B106", "B107"},
    "T01": {"S501", "S323", "B501", "B323"},
}


class Mistake(Exception):
    """Something that the tables below do not account for."""


# --- the part of YAML that the rules are written in


class Yaml:
    """Block mappings and lists, `|` and `>` texts, flow collections on one line, plain and quoted scalars."""

    KEY = re.compile(r"""("[^"]*"|'[^']*'|[\w$./-]+):(?:\s+|$)""")
    QUOTED = re.compile(r"""'((?:[^']|'')*)'|"(?:[^"\\]|\\.)*\"""")

    def __init__(self, text, where):
        self.where, self.lines, self.at = where, text.split("\n"), 0

    def document(self):
        value = self.block(0)
        if self.indent() is not None:
            self.fail()
        return value

    def fail(self):
        raise Mistake(f"{self.where}:{self.at + 1}: this is more YAML than {Path(__file__).name} reads")

    def indent(self):
        """That of the next line that says something."""
        while self.at < len(self.lines) and re.match(r"\s*(?:#|$)", self.lines[self.at]):
            self.at += 1
        if self.at == len(self.lines):
            return None
        return len(self.lines[self.at]) - len(self.lines[self.at].lstrip())

    def block(self, least):
        indent = self.indent()
        if indent is None or indent < least:
            return None
        text = self.lines[self.at][indent:]
        if text.startswith("- "):
            return self.sequence(indent)
        return self.mapping(indent) if self.KEY.match(text) else self.scalar(indent, text)

    def sequence(self, indent):
        items = []
        while self.indent() == indent and (mark := re.match(r"-\s+", self.lines[self.at][indent:])):
            inner = indent + mark.end()
            text = self.lines[self.at][inner:]
            if text[0] not in "\"'" and self.KEY.match(text):
                # The item is a mapping that starts on this line.
                self.lines[self.at] = " " * inner + text
                items.append(self.mapping(inner))
            else:
                items.append(self.scalar(indent, text))
        return items

    def mapping(self, indent):
        entries = {}
        while self.indent() == indent and (key := self.KEY.match(self.lines[self.at], indent)):
            name, text = key[1].strip("\"'"), self.lines[self.at][key.end() :]
            if name in entries:
                self.fail()
            if text:
                entries[name] = self.scalar(indent, text)
            else:
                self.at += 1
                entries[name] = self.block(indent + 1)
        return entries

    def scalar(self, indent, text):
        """What starts with `text` on this line; its further lines stand deeper than `indent`."""
        self.at += 1
        if text[0] in "\"'{[":
            value, end = self.flow(text, 0)
            if not re.fullmatch(r"\s*(?:#.*)?", text[end:]):
                self.fail()
            return value
        lines = []
        while self.at < len(self.lines) and re.match(rf"\s*$|\s{{{indent + 1}}}", self.lines[self.at]):
            lines.append(self.lines[self.at])
            self.at += 1
        inner = min((len(it) - len(it.lstrip()) for it in lines if it.strip()), default=0)
        lines = [it[inner:] for it in lines]
        if text[0] == "|":
            return "\n".join(lines).rstrip("\n") + "\n"
        if text[0] == ">":
            return " ".join(lines).rstrip()
        return plain(" ".join([re.sub(r"\s+#.*", "", text), *lines]).strip())

    def flow(self, text, at):
        at = spaces(text, at)
        if text[at] in "[{":
            closing, at = {"[": "]", "{": "}"}[text[at]], spaces(text, at + 1)
            items = []
            while text[at] != closing:
                if closing == "}":
                    key = self.KEY.match(text, at) or self.fail()
                    value, at = self.flow(text, key.end())
                    items.append((key[1].strip("\"'"), value))
                else:
                    value, at = self.flow(text, at)
                    items.append(value)
                at = spaces(text, at)
                if text[at] == ",":
                    at = spaces(text, at + 1)
                elif text[at] != closing:
                    self.fail()
            return (dict(items) if closing == "}" else items), at + 1
        if quoted := self.QUOTED.match(text, at):
            is_single = text[at] == "'"
            return quoted[1].replace("''", "'") if is_single else json.loads(quoted[0]), quoted.end()
        word = re.compile(r"[^,\[\]{}]+").match(text, at) or self.fail()
        return plain(word[0].strip()), word.end()


def spaces(text, at):
    """Where the text goes on after the spaces that stand at `at`."""
    return re.compile(r"\s*").match(text, at).end()


def plain(text):
    if text in ("true", "false", "null", ""):
        return {"true": True, "false": False}.get(text)
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def load(path):
    return Yaml(path.read_text(encoding="utf-8"), path.relative_to(ROOT)).document()


# --- names and the libraries they belong to


def read_libraries():
    """(start, family, library), the longest start first."""
    table = []
    for family, text in LIBRARIES.items():
        for entry in re.split(r"\s\|\s|\n", text):
            if entry.strip():
                start, _, library = entry.strip().rpartition(": ")
                table.append((start, family, library))
    return sorted(table, key=lambda it: -len(it[0]))


def is_start(start, symbol):
    return symbol == start[:-1] if start.endswith("$") else symbol.startswith(start)


class Names:
    """The symbol sets, and what a name that a rule spells itself belongs to."""

    def __init__(self):
        self.sets = defaultdict(dict)
        self.libraries = read_libraries()
        self.families = defaultdict(set)
        self.plain = defaultdict(dict)
        self.rule, self.unused = None, set()
        for line in BY_NAME.strip().splitlines():
            rule, rest = line.split(": ", 1)
            text, rest = rest.rsplit(" = ", 1)
            family, libraries = rest.split(": ", 1)
            self.plain[rule][text] = {(family, library) for library in libraries.split(", ")}
            self.unused.add((rule, text))
        for path in sorted((RULES / "symbols").glob("*.yaml")):
            for name, by_family in load(path).get("sets", {}).items():
                for family, symbols in by_family.items():
                    self.sets[name][family] = symbols
                    for symbol in symbols:
                        self.families[symbol].add(family)
                        self.library(family, symbol)

    def library(self, family, symbol):
        for start, of, library in self.libraries:
            if of == family and is_start(start, symbol):
                return library
        raise Mistake(f"{Path(__file__).name}: LIBRARIES places no library for `{symbol}` ({family})")

    def by_plain_name(self, node):
        """The libraries that BY_NAME gives a condition of the rule that is read."""
        for text, libraries in self.plain[self.rule].items():
            if text in str(node):
                self.unused.discard((self.rule, text))
                return libraries
        return None

    def of(self, node):
        """{(family, symbol)} of a name, a `$set`, or a list of both."""
        found = set()
        for name in node if isinstance(node, list) else [node]:
            if name.startswith("$"):
                for family, symbols in self.sets[name[1:]].items():
                    found |= {(family, symbol) for symbol in symbols}
            elif self.families.get(name):
                found |= {(family, name) for family in self.families[name]}
            else:
                # A name that no set holds: the family with the longest start that fits; the first one of equals.
                fits = [(start, family) for start, family, _ in self.libraries if is_start(start, name)]
                if not fits:
                    raise Mistake(f"{Path(__file__).name}: LIBRARIES places no library for `{name}`")
                found.add((fits[0][1], name))
        return found


# --- conditions

MATCHERS = {"call", "given", "env", "import", "define", "name", "reference", "text", "exception"}
ANY_FAMILY = frozenset(FAMILIES)


@dataclass
class Condition:
    """One matcher: the families in which it can hold, the names of what it reports there (of the call, import,
    member or base class, or, where it knows that by a plain name only, of what it is given), and their libraries."""

    kind: str
    families: frozenset
    names: set
    source: dict
    libraries: set

    def narrow(self, families):
        self.families &= families
        self.names = {it for it in self.names if it[0] in self.families}
        self.libraries = {it for it in self.libraries if it[0] in self.families}


def value_of(names, node):
    """The families in which a value condition can hold, and the names it asks for."""
    if not isinstance(node, dict):
        return ANY_FAMILY, set()
    families, found = ANY_FAMILY, set()
    for key, value in node.items():
        if key == "symbol":
            more = names.of(value)
            part = frozenset(family for family, _ in more), more
        elif key == "from":
            part = call_of(names, value["call"]) if "call" in value else (ANY_FAMILY, set())
        elif key == "not":
            continue
        elif key == "any":
            parts = [value_of(names, it) for it in value]
            part = frozenset().union(*(it[0] for it in parts)), set().union(*(it[1] for it in parts))
        elif key == "all":
            part = together([value_of(names, it) for it in value])
        elif key == "has":
            part = together([value_of(names, it) for it in value.values()])
        elif key in ("contains", "returns"):
            part = value_of(names, value)
        else:
            continue
        families, found = together([(families, found), part])
    return families, found


def together(parts):
    families = ANY_FAMILY
    for these, _ in parts:
        families &= these
    return families, {it for _, names in parts for it in names if it[0] in families}


def parts_of(names, kind, node):
    """What a matcher names as its own, or `None`, and what it asks of the values."""
    own, values = None, []
    if kind == "call":
        values = [it["is"] for it in node.get("arguments", [])] + [node.get("receiver")]
        if "callee" in node:
            found = names.of(node["callee"])
            # Beside a callee a plain name suffices, in any language.
            own = ANY_FAMILY if "name" in node else frozenset(it[0] for it in found), found
    elif kind in ("given", "import", "reference"):
        values = [node.get("value")]
        naming = node.get({"given": "of", "import": "module", "reference": "symbol"}[kind])
        if naming is not None:
            found = names.of(naming)
            own = frozenset(it[0] for it in found), found
    elif kind == "define":
        found = set().union(*(names.of(node[it]) for it in ("decorator", "base") if it in node))
        own = (frozenset(it[0] for it in found), found) if found else None
    return own, [value_of(names, it) for it in values]


def call_of(names, node):
    own, values = parts_of(names, "call", node)
    return together(([own] if own else []) + values)


def condition_of(names, kind, node):
    own, values = parts_of(names, kind, node)
    families, found = together(([own] if own else []) + values)
    found = {it for it in own[1] if it[0] in families} if own else found
    placed = None if own else names.by_plain_name(node)
    if placed is not None:
        # Its arguments name whatever stands for `none` anywhere; its method belongs to these libraries.
        return Condition(kind, frozenset(it[0] for it in placed), set(), node, placed)
    libraries = {(family, names.library(family, symbol)) for family, symbol in found}
    return Condition(kind, families, found, node, {it for it in libraries if it[1] != "-"})


def families_named(node):
    """Those of a language, of a family such as `jvm`, or of a list of both."""
    return frozenset(FAMILY_OF.get(it, it) for it in (node if isinstance(node, list) else [node]))


def sought(document):
    """What a rule looks for: its matcher, or what takes part in its contract."""
    if "match" in document:
        return document["match"]
    [contract] = document["contract"].values()
    # What a project file declares is no condition of the rule.
    return contract.get("each", {"any": []})


def alternatives(names, node):
    """The ways in which a condition can hold. `any` adds up, `all` has as many as the member with the most; what
    only restricts (`not`, `path`, `language`, `verified`, `inside` …) has none."""
    [(key, value)] = node.items()
    if key == "any":
        return [condition for it in value for condition in alternatives(names, it)]
    if key == "all":
        members = [alternatives(names, it) for it in value]
        best = max(members, key=len)
        # What the other members ask for narrows the languages.
        others = [frozenset().union(*(it.families for it in other)) for other in members if other and other is not best]
        others += [families_named(it["language"]) for it in value if "language" in it]
        for allowed in others:
            for condition in best:
                condition.narrow(allowed)
        return best
    return [condition_of(names, key, value)] if key in MATCHERS else []


@dataclass
class Rule:
    id: str
    languages: list
    conditions: list
    examples: dict

    def proved(self):
        """Languages with an example that must be found."""
        return [it for it in LANGUAGES if self.examples.get(it)]

    def named(self):
        """Languages for which a condition names something."""
        families = {family for it in self.conditions for family, _ in it.names | it.libraries}
        return [it for it in LANGUAGES if FAMILY_OF[it] in families and it in self.languages]


def code_of(example):
    """The code of an example: of all its files, one after the other."""
    if isinstance(example, str):
        return example
    return example["code"] if "code" in example else "\n".join(example["files"].values())


def read_rules(binary, names):
    shown = subprocess.run([binary, "rules", "list", "--format", "json"], capture_output=True, text=True, check=True)
    rules = {}
    listed = {it["id"]: it for it in json.loads(shown.stdout) if it["origin"] == "built-in"}
    for path in sorted(RULES.glob("*.yaml")):
        document = load(path)
        facts = listed.pop(document["id"], None)
        if facts is None:
            raise Mistake(f"{path.relative_to(ROOT)} is not in the binary: build it anew")
        examples = defaultdict(list)
        found = document["tests"]
        for language, items in [*found["bad"].items(), *found.get("lower", {}).items()]:
            for item in items:
                examples[language].append(code_of(item))
        names.rule = document["id"]
        conditions = alternatives(names, sought(document))
        for condition in conditions:
            condition.narrow(families_named(facts["languages"]))
        rules[facts["id"]] = Rule(facts["id"], facts["languages"], conditions, examples)
    if names.unused:
        rule, text = min(names.unused)
        raise Mistake(f"{Path(__file__).name}: BY_NAME looks for `{text}`, which {rule} does not ask for by itself")
    if listed:
        raise Mistake(f"the binary has rules without a file: {', '.join(listed)}")
    placed = Counter(id for _, ids in CLASSES.values() for id in ids.split())
    if set(placed) != set(rules) or max(placed.values()) > 1:
        odd = sorted(set(placed) ^ set(rules)) + [it for it, times in placed.items() if times > 1]
        raise Mistake(f"{Path(__file__).name}: CLASSES must hold every rule once, see {', '.join(odd)}")
    return rules


# --- tables


class Tables:
    def __init__(self, names, rules):
        self.names, self.rules = names, rules

    def libraries_of(self, id):
        """{(family, library)} that the conditions of a class name."""
        found = {it for rule in self.of_class(id) for condition in rule.conditions for it in condition.libraries}
        return {
            (family, library.lstrip("+"))
            for family, library in found
            if id in OTHER_LIBRARIES or not library.startswith("+")
        }

    def of_class(self, id):
        return [self.rules[it] for it in CLASSES[id][1].split()]

    def by_class(self):
        rows = []
        for id, (title, ids) in CLASSES.items():
            libraries = self.libraries_of(id)
            rules = ", ".join(f"`{it}`" for it in ids.split())
            number = "–" if id in UNNUMBERED else id
            rows.append((f"{number} {title}", rules, *self.counts(self.of_class(id), libraries)))
        everything = set().union(*(self.libraries_of(id) for id in CLASSES))
        rows.append(("all", f"{len(self.rules)} rules", *self.counts(self.rules.values(), everything)))
        table(("class", "rules", "languages", "libraries", "conditions", "names", "examples"), rows)

    def counts(self, rules, libraries):
        proved = {it for rule in rules for it in rule.proved()}
        named = {it for rule in rules for it in rule.named()} - proved
        conditions = [condition for rule in rules for condition in rule.conditions]
        names = set().union(*(condition.names for condition in conditions))
        examples = sum(len(it) for rule in rules for it in rule.examples.values())
        languages = shown(proved) + (f" ({shown(named)})" if named else "")
        return languages, len(libraries), len(conditions), len(names), examples

    def by_language(self):
        rows = []
        for language, title in LANGUAGES.items():
            family = FAMILY_OF[language]
            proved = [it for it in self.rules.values() if language in it.proved()]
            named = [it for it in self.rules.values() if language in it.named() and it not in proved]
            conditions = [condition for it in proved + named for condition in it.conditions]
            names = {it for condition in conditions for it in condition.names if it[0] == family}
            naming = [it for it in conditions if any(of == family for of, _ in it.names | it.libraries)]
            examples = sum(len(rule.examples.get(language, [])) for rule in proved)
            libraries = {it for id in CLASSES for it in self.libraries_of(id) if it[0] == family}
            rows.append((title, len(proved), len(named), len(naming), len(names), len(libraries), examples))
        header = "language", "rules with an example", "by names only", "conditions", "names", "libraries", "examples"
        table(header, rows)

    def by_library(self):
        classes = defaultdict(list)
        for id in CLASSES:
            for key in self.libraries_of(id) if id not in UNNUMBERED else ():
                classes[key].append(id)
        rows = []
        for family, languages in FAMILIES.items():
            groups = defaultdict(list)
            for (of, library), ids in classes.items():
                if of == family:
                    groups[" ".join(ids)].append(library)
            # What most classes know comes first.
            order = sorted(groups, key=lambda it: (-len(it.split()), it))
            parts = [f"{', '.join(sorted(groups[ids], key=str.lower))} {ids}" for ids in order]
            rows.append((", ".join(LANGUAGES[it] for it in languages), "; ".join(parts)))
        table(("languages", "libraries, and the classes in which a condition names them"), rows)

    def one_class(self, id):
        for rule in self.of_class(id):
            print(f"{rule.id}: proved in {shown(rule.proved())}; named in {shown(rule.named())}")
            for condition in rule.conditions:
                families = "any" if condition.families == ANY_FAMILY else " ".join(sorted(condition.families)) or "NONE"
                what = f"{condition.kind} {json.dumps(condition.source)}"
                print(f"  [{families}] {len(condition.names)} names: {what[:150]}")


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


def shown(languages):
    return "all" if len(languages) == len(LANGUAGES) else " ".join(SHORT[it] for it in LANGUAGES if it in languages)


# --- peers


PEERS = {
    "ruff": "check --isolated --no-cache --select S --output-format json",
    "bandit": "-q -r -f json",
}


def peers(rules):
    """Runs the rules that ruff and bandit bring on the Python examples that ours must find."""
    with tempfile.TemporaryDirectory() as folder:
        classes = {}
        for id, (_, ids) in CLASSES.items():
            for rule in ids.split():
                for number, code in enumerate(rules[rule].examples["python"]):
                    # No name that says `test`, which tools may leave out.
                    path = Path(folder) / f"{rule.replace('-', '_')}_{number}.py"
                    path.write_text(code + "\n", encoding="utf-8")
                    classes[path.name] = id
        rows = []
        for name, options in PEERS.items():
            program = programs.find_peer(name, may_install=True)
            run = subprocess.run([program, *options.split(), folder], capture_output=True, text=True)
            listed = json.loads(run.stdout)
            if name == "ruff":
                found = {(Path(it["filename"]).name, it["code"]) for it in listed}
            else:
                found = {(Path(it["filename"]).name, it["test_id"]) for it in listed["results"]}
            parts = []
            for id in CLASSES:
                hits = [it for it in found if classes[it[0]] == id and it[1] in PEER_CODES.get(id, ())]
                files, codes = {file for file, _ in hits}, sorted({code for _, code in hits})
                if hits:
                    parts.append(f"{id}: {len(files)} of {list(classes.values()).count(id)} ({', '.join(codes)})")
            others = Counter(code for file, code in found if code not in PEER_CODES.get(classes[file], ()))
            other = ", ".join(f"{times} {code}" for code, times in sorted(others.items()))
            rows.append((f"{name} {programs.version(program)}", "; ".join(parts) or "none", other or "none"))
        table((f"tool, on {len(classes)} Python examples", "reported, by class", "reported beside"), rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", help="the program to ask for its rules; built when not given")
    parser.add_argument("--peers", action="store_true", help="try ruff and bandit on the Python examples too")
    parser.add_argument("--class", dest="wanted", choices=CLASSES, help="list the conditions of one class instead")
    arguments = parser.parse_args()
    try:
        names = Names()
        tables = Tables(names, read_rules(programs.build_ours(arguments.binary), names))
        if arguments.wanted:
            tables.one_class(arguments.wanted)
            return 0
        tables.by_class()
        tables.by_language()
        tables.by_library()
        if arguments.peers:
            peers(tables.rules)
    except (Mistake, Unavailable) as problem:
        print(f"rule_pack: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
