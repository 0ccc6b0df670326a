//! Each test is a set of manifests and a table: a file, a package, and what is known about its version.

use super::*;

/// `=2.8` for one version, `1.7..2`, `1.7..=2` and `1.7..` for a range, `?` for unknown.
fn check(manifests: &[(&str, &str)], table: &[(&str, &str, &str)]) {
    let manifests: Vec<_> = manifests.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for (path, _) in &manifests {
        assert!(Versions::is_manifest(path), "{path} is asked for");
    }
    let (versions, errors) = Versions::new(&manifests);
    assert_eq!(errors, []);
    let mut wrong = Vec::new();
    for (path, package, expected) in table {
        let found = versions.of(language(path), path, package);
        if found != parsed(expected) {
            wrong.push(format!("{package} of {path}: {found:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn parsed(text: &str) -> Known {
    if text == "?" {
        return Known::Unknown;
    }
    if let Some(version) = text.strip_prefix('=') {
        return Known::Exactly(Version::new(version).expect("a version"));
    }
    let (low, high) = text.split_once("..").expect("a range");
    let is_included = high.starts_with('=');
    let high = Version::new(high).map(|version| Bound { version, is_included });
    Known::Range(Range { low: Version::new(low), high })
}

fn language(path: &str) -> Language {
    match path.rsplit('.').next().expect("split yields a part") {
        "py" => Language::Python,
        "ts" => Language::TypeScript,
        "rs" => Language::Rust,
        "go" => Language::Go,
        "java" => Language::Java,
        "kt" => Language::Kotlin,
        "rb" => Language::Ruby,
        "php" => Language::Php,
        "cs" => Language::CSharp,
        other => panic!("no language ends in {other}"),
    }
}

#[test]
fn requirements() {
    let text = "# comment\n\
                PyJWT[crypto]==2.8.0 ; python_version > \"3.8\"  # why\n\
                python-jose >= 3.3, <4\n\
                authlib~=1.2 \\\n    --hash=sha256:00\n\
                joserfc\n\
                Flask_JWT.Extended <= 4.5\n\
                jwcrypto (==1.5)\n\
                -e ./local\n\
                fork @ https://example.com/fork-1.0.zip\n\
                https://example.com/x.whl\n\
                -r more/extra.txt\n";
    let manifests = [("svc/requirements.txt", text), ("svc/more/extra.txt", "itsdangerous==2.1\n-r extra.txt\n")];
    let (versions, errors) = Versions::new(&manifests.map(|(path, text)| (path.to_owned(), text.to_owned())));
    assert_eq!(errors, []);
    for (package, expected) in [
        ("pyjwt", "=2.8.0"),
        ("PyJWT", "=2.8.0"),
        ("python_jose", "3.3..4"),
        ("Authlib", "1.2..2"),
        ("joserfc", "?"),
        ("flask-jwt-extended", "..=4.5"),
        ("jwcrypto", "=1.5"),
        ("fork", "?"),
        ("itsdangerous", "=2.1"),
        ("missing", "?"),
    ] {
        assert_eq!(versions.of(Language::Python, "svc/app/a.py", package), parsed(expected), "{package}");
    }
    assert_eq!(versions.of(Language::Python, "other/a.py", "pyjwt"), Known::Unknown);
    assert_eq!(versions.of(Language::JavaScript, "svc/a.js", "pyjwt"), Known::Unknown);
}

#[test]
fn several_requirements() {
    check(
        &[
            ("requirements/base.txt", "pyjwt>=2\njose==1\n"),
            ("requirements/prod.txt", "-r base.txt\npyjwt==2.8.0\n"),
            ("constraints.txt", "authlib<1.3"),
            ("requirements-update.txt", "What is new\nauthlib==9 is not\nauthlib==9\n"),
            ("dev-requirements.txt", "pyjwt\njose==2\nauthlib>=1.0"),
            ("old/requirements.txt", "pyjwt==1.7.1"),
            ("new/requirements.txt", "pyjwt"),
        ],
        &[
            ("a.py", "pyjwt", "=2.8.0"),
            // They cannot both be meant, so either may be.
            ("a.py", "jose", "1..=2"),
            ("a.py", "authlib", "1.0..1.3"),
            ("old/deep/a.py", "pyjwt", "=1.7.1"),
            // What says nothing leaves it to what is around.
            ("new/a.py", "pyjwt", "=2.8.0"),
        ],
    );
}

#[test]
fn pyproject_and_locks() {
    let project = "[project]\ndependencies = ['PyJWT>=2,<3', 'authlib']\n\
                   [project.optional-dependencies]\njose = ['python-jose==3.3.0']\n\
                   [dependency-groups]\ndev = ['joserfc>=1', { include-group = 'x' }]\n";
    let poetry = "[tool.poetry.dependencies]\npython = '^3.9'\npyjwt = '^2.4'\nauthlib = { version = '~1.2', extras = ['x'] }\n\
                  jose = [{ version = '1.0', python = '<3' }, { version = '2.0' }]\nlocal = { path = '../x' }\n\
                  [tool.poetry.group.dev.dependencies]\njoserfc = '1.0.1'\n";
    let lock = "version = 1\n[[package]]\nname = \"pyjwt\"\nversion = \"2.8.0\"\n[[package]]\nname = \"local\"\n";
    let two =
        "[[package]]\nname = \"pyjwt\"\nversion = \"2.8.0\"\n[[package]]\nname = \"pyjwt\"\nversion = \"2.4.0\"\n";
    check(
        &[
            ("a/pyproject.toml", project),
            ("b/pyproject.toml", poetry),
            ("b/poetry.lock", lock),
            ("c/pyproject.toml", project),
            ("uv.lock", two),
            ("d/requirements.txt", "pyjwt==1.7.1"),
        ],
        &[
            ("a/x.py", "authlib", "?"),
            ("a/x.py", "python-jose", "=3.3.0"),
            ("a/x.py", "joserfc", "1.."),
            ("b/x.py", "pyjwt", "=2.8.0"),
            ("b/x.py", "authlib", "1.2..1.3"),
            ("b/x.py", "jose", "1.0..=2.0"),
            ("b/x.py", "joserfc", "=1.0.1"),
            ("b/x.py", "local", "?"),
            // The workspace's lock file holds two, both of which fit.
            ("c/x.py", "pyjwt", "2.4.0..=2.8.0"),
            // It is not the lock of what asks for something else.
            ("d/x.py", "pyjwt", "=1.7.1"),
        ],
    );
}

#[test]
fn older_python_manifests() {
    let setup = "[metadata]\nname = x\n[options]\ninstall_requires =\n    PyJWT>=1.7,<2\n    # note\n    authlib\n\
                 python_requires = >=3.8\n[options.extras_require]\njose = python-jose==3.3.0\n";
    let script = "from setuptools import setup\nsetup(\n    name='x',\n    install_requires=[\n        'PyJWT>=1.7',  # 'no'\n        \
                  \"authlib[x]==1.2\",\n    ],\n    extras_require={'jose': ['python-jose<4']},\n)\n";
    check(
        &[
            ("a/setup.cfg", setup),
            ("b/setup.py", script),
            ("c/Pipfile", "[packages]\npyjwt = \"==2.8.0\"\nauthlib = \"*\"\njose = {version = \">=1\"}\n"),
            ("d/Pipfile", "[packages]\npyjwt = \"*\"\n"),
            (
                "d/Pipfile.lock",
                r#"{"_meta": {}, "default": {"pyjwt": {"version": "==2.8.0"}}, "develop": {"x": {"path": "."}}}"#,
            ),
        ],
        &[
            ("a/x.py", "pyjwt", "1.7..2"),
            ("a/x.py", "python-jose", "=3.3.0"),
            ("a/x.py", "authlib", "?"),
            ("b/x.py", "pyjwt", "1.7.."),
            ("b/x.py", "authlib", "=1.2"),
            ("b/x.py", "python-jose", "..4"),
            ("b/x.py", "jose", "?"),
            ("c/x.py", "pyjwt", "=2.8.0"),
            ("c/x.py", "authlib", "?"),
            ("c/x.py", "jose", "1.."),
            ("d/x.py", "pyjwt", "=2.8.0"),
        ],
    );
}

#[test]
fn npm_manifests_and_locks() {
    let manifest = r#"{"dependencies": {"jsonwebtoken": "^9.0.0", "jose": "4.x", "jwt": "npm:fast-jwt@^3", "w": "workspace:*", "g": "github:a/b"},
        "devDependencies": {"njwt": "2.0.1"}}"#;
    let three = r#"{"lockfileVersion": 3, "packages": {"": {"name": "root", "version": "1.0.0"},
        "node_modules/jsonwebtoken": {"version": "9.0.2"}, "node_modules/other/node_modules/jsonwebtoken": {"version": "8.5.1"},
        "packages/old/node_modules/jsonwebtoken": {"version": "8.5.0"}, "packages/old": {"version": "1.0.0"},
        "node_modules/@nestjs/jwt": {"version": "10.1.0"}, "node_modules/alias": {"name": "jose", "version": "4.15.4"}}}"#;
    let one = r#"{"lockfileVersion": 1, "dependencies": {"jsonwebtoken": {"version": "8.5.1", "dependencies": {"x": {"version": "1.0.0"}}}}}"#;
    check(
        &[
            ("package-lock.json", three),
            ("packages/a/package.json", manifest),
            ("packages/old/package.json", r#"{"dependencies": {"jsonwebtoken": "^8"}}"#),
            ("first/package-lock.json", one),
            ("bare/package.json", r#"{"dependencies": {"jsonwebtoken": "7.4.3"}, "peerDependencies": []}"#),
        ],
        &[
            ("a.ts", "jsonwebtoken", "=9.0.2"),
            ("a.ts", "@nestjs/jwt", "=10.1.0"),
            ("a.ts", "alias", "?"),
            ("packages/a/src/a.ts", "jsonwebtoken", "=9.0.2"),
            ("packages/a/src/a.ts", "jose", "=4.15.4"),
            ("packages/a/src/a.ts", "njwt", "=2.0.1"),
            ("packages/a/src/a.ts", "fast-jwt", "3..4"),
            ("packages/a/src/a.ts", "w", "?"),
            ("packages/a/src/a.ts", "g", "?"),
            ("packages/old/a.ts", "jsonwebtoken", "=8.5.0"),
            ("first/a.ts", "jsonwebtoken", "=8.5.1"),
            ("first/a.ts", "x", "?"),
            ("bare/a.ts", "jsonwebtoken", "=7.4.3"),
        ],
    );
}

#[test]
fn yarn_locks() {
    let classic = "# yarn lockfile v1\n\n\n\"@nestjs/jwt@^10.0.0\":\n  version \"10.1.0\"\n  resolved \"https://x\"\n  dependencies:\n    \
                   jsonwebtoken \"9.0.0\"\n\njsonwebtoken@9.0.0, jsonwebtoken@^9.0.0:\n  version \"9.0.0\"\n\njsonwebtoken@^8.0.0:\n  version \"8.5.1\"\n";
    let berry = "__metadata:\n  version: 6\n\n\"jsonwebtoken@npm:^9.0.0, jsonwebtoken@npm:^9.0.1\":\n  version: 9.0.2\n  resolution: \"jsonwebtoken@npm:9.0.2\"\n\n\
                 \"j@npm:jose@^4\":\n  version: 4.15.4\n";
    check(
        &[
            ("a/yarn.lock", classic),
            ("a/package.json", r#"{"dependencies": {"jsonwebtoken": "^9.0.0"}}"#),
            ("a/old/package.json", r#"{"dependencies": {"jsonwebtoken": "^8.0.0"}}"#),
            ("b/yarn.lock", berry),
        ],
        &[
            ("a/x.ts", "jsonwebtoken", "=9.0.0"),
            ("a/old/x.ts", "jsonwebtoken", "=8.5.1"),
            ("a/x.ts", "@nestjs/jwt", "=10.1.0"),
            ("b/x.ts", "jsonwebtoken", "=9.0.2"),
            ("b/x.ts", "jose", "=4.15.4"),
        ],
    );
}

#[test]
fn pnpm_locks() {
    let nine = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    dependencies:\n      jsonwebtoken:\n        \
                specifier: ^9.0.0\n        version: 9.0.2\n\n  packages/a:\n    devDependencies:\n      '@nestjs/jwt':\n        specifier: ^10\n        \
                version: 10.1.0(@nestjs/common@10.0.0)\n      jsonwebtoken:\n        specifier: ^8\n        version: 8.5.1\n      local:\n        \
                specifier: workspace:*\n        version: link:../b\n\npackages:\n\n  jose@4.0.0:\n    resolution: {integrity: x}\n    engines: {node: '>=12'}\n";
    let five = "lockfileVersion: 5.4\nspecifiers:\n  jsonwebtoken: ^8\ndependencies:\n  jsonwebtoken: 8.5.1\n  j: /jose/4.0.0\n";
    let six = "lockfileVersion: '6.0'\ndependencies:\n  jsonwebtoken:\n    specifier: ^9\n    version: 9.0.1\n  j:\n    specifier: npm:jose\n    version: /jose@4.1.0\n";
    check(
        &[("a/pnpm-lock.yaml", nine), ("b/pnpm-lock.yaml", five), ("c/pnpm-lock.yaml", six)],
        &[
            ("a/x.ts", "jsonwebtoken", "=9.0.2"),
            ("a/packages/a/x.ts", "jsonwebtoken", "=8.5.1"),
            ("a/packages/a/x.ts", "@nestjs/jwt", "=10.1.0"),
            ("a/packages/a/x.ts", "local", "?"),
            ("a/x.ts", "jose", "?"),
            ("b/x.ts", "jsonwebtoken", "=8.5.1"),
            ("c/x.ts", "jsonwebtoken", "=9.0.1"),
            ("c/x.ts", "jose", "=4.1.0"),
        ],
    );
}

#[test]
fn cargo() {
    let manifest = "[package]\nname = 'x'\n[dependencies]\njwt = { package = 'jsonwebtoken', version = '9.2' }\njosekit = '=0.8.3'\n\
                    jwt-simple.workspace = true\nlocal = { path = '../l' }\n[target.'cfg(unix)'.dependencies]\nbiscuit = '>=0.6, <0.8'\n";
    let lock = "version = 3\n[[package]]\nname = \"jsonwebtoken\"\nversion = \"8.3.0\"\n[[package]]\nname = \"jsonwebtoken\"\nversion = \"9.3.0\"\n";
    check(
        &[
            ("Cargo.toml", "[workspace]\nmembers = ['*']\n[workspace.dependencies]\njwt-simple = '0.11'\n"),
            ("a/Cargo.toml", manifest),
            ("Cargo.lock", lock),
            ("b/Cargo.toml", "[package]\nname = 'b'\n[dependencies]\njsonwebtoken = '7'\n"),
        ],
        &[
            ("a/src/lib.rs", "jsonwebtoken", "=9.3.0"),
            ("a/src/lib.rs", "josekit", "=0.8.3"),
            ("a/src/lib.rs", "jwt_simple", "0.11..0.12"),
            ("a/src/lib.rs", "biscuit", "0.6..0.8"),
            ("a/src/lib.rs", "local", "?"),
            ("b/src/lib.rs", "jsonwebtoken", "7..8"),
            ("c/lib.rs", "jsonwebtoken", "8.3.0..=9.3.0"),
        ],
    );
}

#[test]
fn go_ruby_php() {
    let go = "module x\n\ngo 1.22\n\nrequire github.com/dgrijalva/jwt-go v3.2.0+incompatible\n\nrequire (\n\t\
              github.com/golang-jwt/jwt/v5 v5.2.0\n\tgolang.org/x/y v0.0.0-20220101000000-abcdef // indirect\n)\n\nreplace a => b v1.0.0\n";
    let gems = "GEM\n  remote: https://rubygems.org/\n  specs:\n    jwt (2.7.1)\n    knock (2.1.1)\n      jwt (~> 1.5)\n\nDEPENDENCIES\n  jwt (~> 2)\n";
    check(
        &[
            ("go.mod", go),
            ("Gemfile.lock", gems),
            (
                "a/composer.json",
                r#"{"require": {"php": ">=8", "firebase/php-jwt": "^5.0 || ^6.0", "lcobucci/jwt": "dev-master"}}"#,
            ),
            ("b/composer.json", r#"{"require": {"firebase/php-jwt": "^6.0"}}"#),
            (
                "b/composer.lock",
                r#"{"packages": [{"name": "firebase/php-jwt", "version": "v6.4.0"}], "packages-dev": []}"#,
            ),
        ],
        &[
            ("x/main.go", "github.com/golang-jwt/jwt/v5", "=5.2.0"),
            ("x/main.go", "github.com/dgrijalva/jwt-go", "=3.2.0"),
            ("x/main.go", "a", "?"),
            ("app/x.rb", "jwt", "=2.7.1"),
            ("a/x.php", "firebase/php-jwt", "5.0..7"),
            ("a/x.php", "lcobucci/jwt", "?"),
            ("b/x.php", "Firebase/PHP-JWT", "=6.4.0"),
            ("x.cs", "JWT", "?"),
        ],
    );
}

#[test]
fn maven_and_gradle() {
    let pom = "<project>\n<properties>\n  <jjwt.version>0.11.5</jjwt.version>\n</properties>\n<!-- <dependency><groupId>a</groupId> -->\n<dependencies>\n\
               <dependency>\n <groupId>io.jsonwebtoken</groupId>\n <artifactId>jjwt-api</artifactId>\n <version>${jjwt.version}</version>\n</dependency>\n\
               <dependency><groupId>com.auth0</groupId><artifactId>java-jwt</artifactId><version>4.4.0</version><exclusions/></dependency>\n\
               <dependency><groupId>com.nimbusds</groupId><artifactId>nimbus-jose-jwt</artifactId></dependency>\n\
               <dependency><groupId>r</groupId><artifactId>r</artifactId><version>[1.0,2.0)</version></dependency>\n</dependencies>\n</project>";
    let parent = "<project><dependencyManagement><dependencies><dependency><groupId>com.nimbusds</groupId>\
                  <artifactId>nimbus-jose-jwt</artifactId><version>9.37</version></dependency></dependencies></dependencyManagement></project>";
    let groovy = "ext { jjwtVersion = '0.9.1' }\ndependencies {\n  // implementation 'a:b:1.0'\n  implementation \"io.jsonwebtoken:jjwt:$jjwtVersion\"\n  \
                  implementation 'com.auth0:java-jwt:3.8.0@jar'\n  implementation group: 'org.bitbucket.b_c', name: 'jose4j', version: '0.7.0'\n  \
                  implementation \"x:y:${fromProperties}\"\n  maven { url 'https://example.com' }\n}\n";
    let kotlin = "val jjwt by extra(\"0.12.3\")\ndependencies { implementation(\"io.jsonwebtoken:jjwt-api:${jjwt}\")\n implementation(libs.jose) }\n";
    let catalog = "[versions]\njose = '0.9.3'\n[libraries]\njose = { module = 'org.bitbucket.b_c:jose4j', version.ref = 'jose' }\n\
                   auth0 = 'com.auth0:java-jwt:4.4.0'\nn = { group = 'com.nimbusds', name = 'nimbus-jose-jwt', version = '9.1' }\n";
    check(
        &[
            ("m/pom.xml", parent),
            ("m/a/pom.xml", pom),
            ("g/build.gradle", groovy),
            ("g/gradle.properties", "fromProperties=1.5\n"),
            ("k/build.gradle.kts", kotlin),
            ("k/gradle/libs.versions.toml", catalog),
        ],
        &[
            ("m/a/src/A.java", "io.jsonwebtoken:jjwt-api", "=0.11.5"),
            ("m/a/src/A.java", "com.auth0:java-jwt", "=4.4.0"),
            ("m/a/src/A.java", "com.nimbusds:nimbus-jose-jwt", "=9.37"),
            ("m/a/src/A.java", "r:r", "1.0..2.0"),
            ("g/src/A.java", "io.jsonwebtoken:jjwt", "=0.9.1"),
            ("g/src/A.java", "com.auth0:java-jwt", "=3.8.0"),
            ("g/src/A.java", "org.bitbucket.b_c:jose4j", "=0.7.0"),
            ("g/src/A.java", "x:y", "=1.5"),
            ("g/src/A.java", "a:b", "?"),
            ("k/src/A.kt", "io.jsonwebtoken:jjwt-api", "=0.12.3"),
            ("k/src/A.kt", "org.bitbucket.b_c:jose4j", "=0.9.3"),
            ("k/src/A.kt", "com.auth0:java-jwt", "=4.4.0"),
            ("k/src/A.kt", "com.nimbusds:nimbus-jose-jwt", "=9.1"),
        ],
    );
}

#[test]
fn questions_about_a_version() {
    let manifests = [
        ("a/requirements.txt", "pyjwt==1.7.1"),
        ("b/requirements.txt", "pyjwt>=1.7,<2"),
        ("c/requirements.txt", "pyjwt>=2"),
        ("d/requirements.txt", "pyjwt"),
    ];
    let (versions, _) = Versions::new(&manifests.map(|(path, text)| (path.to_owned(), text.to_owned())));
    let two = Version::new("2.0").expect("a version");
    for (path, below, at_least) in [
        ("a/x.py", Some(true), Some(false)),
        ("b/x.py", Some(true), Some(false)),
        ("c/x.py", Some(false), Some(true)),
        ("d/x.py", None, None),
        ("x.py", None, None),
    ] {
        assert_eq!(versions.of(Language::Python, path, "PyJWT").may_be_below(&two), below, "{path}");
        assert_eq!(versions.of(Language::Python, path, "PyJWT").may_be_at_least(&two), at_least, "{path}");
    }
}

#[test]
fn what_does_not_parse_is_named() {
    let texts = [
        ("Cargo.lock", "[[package"),
        ("Cargo.toml", "="),
        ("Gemfile.lock", "GEM\n"),
        ("Pipfile", "]"),
        ("Pipfile.lock", "{"),
        ("composer.json", "{"),
        ("composer.lock", r#"{"packages": 1}"#),
        ("go.mod", "module x\nrequire (\n<<<<<<< HEAD\n"),
        ("gradle/libs.versions.toml", "["),
        ("package-lock.json", "{\n\n]"),
        ("package.json", ""),
        ("pnpm-lock.yaml", "<<<<<<< HEAD\n"),
        ("poetry.lock", "[[package]]\nversion = '1'"),
        ("pom.xml", "<project>"),
        ("pyproject.toml", "a"),
        ("requirements.txt", "pyjwt==1.7.1\n{{ nonsense }}\n"),
        ("uv.lock", "\u{0}"),
        ("yarn.lock", "what is this\n"),
    ];
    let (_, errors) = Versions::new(&texts.map(|(path, text)| (path.to_owned(), text.to_owned())));
    let paths: Vec<&str> = errors.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, texts.map(|(path, _)| path));
    assert_eq!(errors.iter().find(|it| it.path == "package-lock.json").map(|it| it.line), Some(3));
}

#[test]
fn odd_texts_do_not_panic() {
    let names = [
        "pyproject.toml",
        "poetry.lock",
        "Pipfile",
        "Pipfile.lock",
        "setup.cfg",
        "setup.py",
        "package.json",
        "package-lock.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "Cargo.toml",
        "Cargo.lock",
        "go.mod",
        "Gemfile.lock",
        "composer.json",
        "composer.lock",
        "pom.xml",
        "build.gradle",
        "libs.versions.toml",
        "requirements.txt",
    ];
    let texts = [
        "",
        " ",
        "\n",
        "é",
        "-",
        "-é",
        "-r",
        "- é",
        "--",
        "é: é",
        "'",
        "\"",
        "'é",
        ": ",
        "[",
        "install_requires=[",
        "install_requires=)",
        "install_requires=[']",
        "<",
        "<dependency>",
        "<project><properties><é",
        "require",
        "require (",
        "    é (",
        "{}",
        "[]",
        "null",
        "{\"packages\": null}",
        "@",
        "@:",
        "é@:\n  version",
        "a:b:c",
        "'a:b:$'",
        "[tool]\npoetry = 1",
        "[package]\nname = 1",
        "dependencies = 1",
        "[dependencies]\nx = 1",
        "=",
        "[options]\ninstall_requires = =",
        "dependencies:\n  é: é@é",
    ];
    for name in names {
        for text in texts {
            Versions::new(&[(name.to_owned(), text.to_owned())]);
        }
    }
    for text in [
        "^",
        "~",
        "é",
        ">",
        ">=",
        "<é",
        "||",
        "|",
        " - ",
        "1 - ",
        "*.*",
        "x.1",
        "1.x.é",
        ",",
        "^0",
        "^0.0",
        "~0",
        "18446744073709551615",
        "^18446744073709551615",
    ] {
        for dialect in [
            version::Dialect::Python,
            version::Dialect::Poetry,
            version::Dialect::Npm,
            version::Dialect::Cargo,
            version::Dialect::Composer,
        ] {
            Range::new(text, dialect);
        }
    }
}
