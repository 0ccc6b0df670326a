//! Each test is a small repository and a table: the importing file, the path it imports, and where that leads:
//! `files : members`, behind a `|` the second reading one module further out, `-` for nowhere in the repository.

use super::*;

struct Repository {
    graph: ModuleGraph,
    files: Vec<Arc<str>>,
    errors: Vec<ConfigError>,
}

fn repository(files: &[&str], configs: &[(&str, &str)]) -> Repository {
    let mut files: Vec<Arc<str>> = files.iter().map(|path| Arc::from(*path)).collect();
    files.sort();
    let with_languages: Vec<_> = files.iter().map(|path| (path.clone(), language(path))).collect();
    let configs: Vec<_> = configs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for (path, _) in &configs {
        assert!(ModuleGraph::is_config(path), "{path} is asked for");
    }
    let (graph, errors) = ModuleGraph::new(&with_languages, &configs);
    Repository { graph, files, errors }
}

fn language(path: &str) -> Language {
    match path.rsplit('.').next().expect("split yields a part") {
        "py" | "pyi" => Language::Python,
        "js" | "jsx" | "mjs" | "cjs" => Language::JavaScript,
        "ts" | "tsx" | "mts" | "cts" => Language::TypeScript,
        "rs" => Language::Rust,
        "go" => Language::Go,
        "java" => Language::Java,
        "kt" => Language::Kotlin,
        "scala" => Language::Scala,
        "cs" => Language::CSharp,
        "rb" => Language::Ruby,
        "php" => Language::Php,
        other => panic!("no language ends in {other}"),
    }
}

impl Repository {
    fn id(&self, path: &str) -> FileId {
        let at = self.files.iter().position(|it| &**it == path);
        FileId(at.unwrap_or_else(|| panic!("{path} is no file of the test")) as u32)
    }

    fn names(&self, files: &[FileId]) -> String {
        files.iter().map(|id| &*self.files[id.0 as usize]).collect::<Vec<_>>().join(" ")
    }

    fn leads(&self, from: &str, path: &str) -> String {
        let Some(located) = self.graph.locate(self.id(from), path) else { return "-".to_owned() };
        let place = |files: &[FileId], members: &str| match members {
            "" => self.names(files),
            members => format!("{} : {members}", self.names(files)),
        };
        let mut text = place(located.files, located.members);
        if let Some(around) = located.around {
            text.push_str(" | ");
            text.push_str(&place(around.files, around.members));
        }
        text
    }

    fn check(&self, table: &[(&str, &str, &str)]) {
        assert_eq!(self.errors, []);
        let mut wrong = Vec::new();
        for (from, path, expected) in table {
            let found = self.leads(from, path);
            if found != *expected {
                wrong.push(format!("{from} imports {path}: {found}, not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

#[test]
fn python_relative() {
    let files =
        ["app/__init__.py", "app/auth/__init__.py", "app/auth/decode.py", "app/auth/keys.py", "app/main.py", "tool.py"];
    repository(&files, &[]).check(&[
        ("app/auth/keys.py", ".decode", "app/auth/decode.py | app/auth/__init__.py : decode"),
        ("app/auth/keys.py", ".decode.decode", "app/auth/decode.py : decode | app/auth/__init__.py : decode.decode"),
        ("app/auth/keys.py", "..main.run", "app/main.py : run | app/__init__.py : main.run"),
        (
            "app/auth/keys.py",
            "..auth.make().decode",
            "app/auth/__init__.py : make().decode | app/__init__.py : auth.make().decode",
        ),
        (
            "app/auth/__init__.py",
            ".decode.decode",
            "app/auth/decode.py : decode | app/auth/__init__.py : decode.decode",
        ),
        ("app/auth/__init__.py", ".", "app/auth/__init__.py"),
        ("app/auth/keys.py", ".verify", "app/auth/__init__.py : verify"),
        ("app/auth/keys.py", "..", "app/__init__.py"),
        ("app/auth/keys.py", "...tool.run", "tool.py : run"),
        ("app/auth/keys.py", "....tool", "-"),
        ("tool.py", ".missing", "-"),
        ("tool.py", "..app", "-"),
    ]);
}

#[test]
fn python_absolute() {
    let files = [
        "backend/app/__init__.py",
        "backend/app/auth.py",
        "backend/app/api/__init__.py",
        "backend/app/api/routes.py",
        "backend/tests/test_auth.py",
        "libs/shared/tokens.py",
        "libs/shared/other/tokens.py",
        "src/package/__init__.py",
        "src/package/core.py",
        "scripts/check.py",
        "scripts/helper.py",
    ];
    repository(&files, &[]).check(&[
        (
            "backend/app/api/routes.py",
            "app.auth.decode",
            "backend/app/auth.py : decode | backend/app/__init__.py : auth.decode",
        ),
        ("backend/app/api/routes.py", "app.settings", "backend/app/__init__.py : settings"),
        ("backend/tests/test_auth.py", "app.auth", "backend/app/auth.py | backend/app/__init__.py : auth"),
        ("backend/tests/test_auth.py", "backend.app.auth", "backend/app/auth.py | backend/app/__init__.py : auth"),
        ("scripts/check.py", "package.core.X.y", "src/package/core.py : X.y | src/package/__init__.py : core.X.y"),
        ("scripts/check.py", "helper.run", "scripts/helper.py : run"),
        // Nothing says that `libs` is on the path, and only one file can be meant.
        ("scripts/check.py", "shared.tokens.decode", "libs/shared/tokens.py : decode"),
        ("scripts/check.py", "tokens.decode", "-"),
        // `api` is no name to start from, since its folder is inside a package: but a script there is run so.
        ("scripts/check.py", "api.routes", "-"),
        (
            "backend/app/api/routes.py",
            "auth.decode",
            "backend/app/auth.py : decode | backend/app/__init__.py : auth.decode",
        ),
        ("scripts/check.py", "os.path.join", "-"),
        ("scripts/check.py", "helper()", "-"),
    ]);
}

#[test]
fn python_libraries_are_not_captured() {
    let inside = repository(&["app/__init__.py", "app/jwt.py", "app/main.py", "app/api/routes.py", "cli.py"], &[]);
    inside.check(&[
        ("app/main.py", "jwt.decode", "-"),
        ("app/jwt.py", "jwt.decode", "-"),
        ("app/api/routes.py", "jwt.decode", "-"),
        ("cli.py", "jwt.decode", "-"),
        ("cli.py", "app.jwt.decode", "app/jwt.py : decode | app/__init__.py : jwt.decode"),
        ("app/main.py", ".jwt.decode", "app/jwt.py : decode | app/__init__.py : jwt.decode"),
    ]);
    let beside = repository(&["scripts/jwt.py", "scripts/run.py", "scripts/deep/run.py", "main.py"], &[]);
    beside.check(&[
        ("scripts/run.py", "jwt.decode", "scripts/jwt.py : decode"),
        ("scripts/jwt.py", "jwt.decode", "-"),
        ("scripts/deep/run.py", "jwt.decode", "-"),
        ("main.py", "jwt.decode", "-"),
    ]);
    let root = repository(&["src/jwt/__init__.py", "app/api/routes.py", "app/__init__.py"], &[]);
    root.check(&[("app/api/routes.py", "jwt.decode", "src/jwt/__init__.py : decode")]);
}

#[test]
fn python_stubs_namespaces_and_packages() {
    let files = [
        "a/b/c.py",
        "a/b/c.pyi",
        "a/only.pyi",
        "both.py",
        "both/__init__.py",
        "both/x.py",
        "main.py",
        "m.py",
        "m/n.py",
    ];
    repository(&files, &[]).check(&[
        ("main.py", "a.b.c.d.e", "a/b/c.py : d.e"),
        ("main.py", "a.only.X", "a/only.pyi : X"),
        ("main.py", "a.b", "-"),
        ("main.py", "both.y", "both/__init__.py : y"),
        ("main.py", "both.x", "both/x.py | both/__init__.py : x"),
        // A module hides a folder that is no package.
        ("main.py", "m.n", "m.py : n"),
    ]);
}

#[test]
fn python_configured_roots() {
    let files = [
        "python/auth/__init__.py",
        "other/one/x.py",
        "lib/two/x.py",
        "lib2/two/x.py",
        "a/b/c/d.py",
        "z/three/x.py",
        "z3/three/x.py",
    ];
    let pyproject = "[tool.setuptools.packages.find]\nwhere = ['python']\n\
                     [tool.poetry]\npackages = [{ include = 'two', from = 'lib' }]\n\
                     [tool.pytest.ini_options]\npythonpath = 'other'";
    let setup = "[options]\npackage_dir =\n    = three\n\n[options.packages.find]\nwhere = z";
    repository(&files, &[("pyproject.toml", pyproject), ("setup.cfg", setup)]).check(&[
        ("a/b/c/d.py", "auth.decode", "python/auth/__init__.py : decode"),
        ("a/b/c/d.py", "two.x.decode", "lib/two/x.py : decode"),
        ("a/b/c/d.py", "one.x.decode", "other/one/x.py : decode"),
        ("a/b/c/d.py", "three.x.decode", "z/three/x.py : decode"),
    ]);
}

#[test]
fn ecmascript_relative() {
    let files = [
        "src/auth.service.ts",
        "src/auth.ts",
        "src/auth.d.ts",
        "src/auth.js",
        "src/auth/index.ts",
        "src/lib/x.ts",
        "src/lib/index.js",
        "src/main.tsx",
        "src/typed.d.ts",
        "src/m.mts",
        "src/index.ts",
    ];
    repository(&files, &[]).check(&[
        ("src/main.tsx", "./auth.decode", "src/auth.ts : decode"),
        ("src/main.tsx", "./auth", "src/auth.ts"),
        ("src/main.tsx", "./auth/.decode", "src/auth/index.ts : decode"),
        ("src/main.tsx", "./auth.js.decode", "src/auth.js : decode"),
        ("src/main.tsx", "./auth.service.Decoder.decode", "src/auth.service.ts : Decoder.decode"),
        ("src/main.tsx", "./auth.service", "src/auth.service.ts"),
        ("src/main.tsx", "./lib/x.js.decode", "src/lib/x.ts : decode"),
        ("src/main.tsx", "./lib.decode", "src/lib/index.js : decode"),
        ("src/main.tsx", "./m.mjs.decode", "src/m.mts : decode"),
        ("src/main.tsx", "./typed.decode", "src/typed.d.ts : decode"),
        ("src/lib/x.ts", "../auth.make().decode", "src/auth.ts : make().decode"),
        ("src/lib/x.ts", "..", "src/index.ts"),
        ("src/lib/x.ts", "...decode", "src/index.ts : decode"),
        ("src/lib/x.ts", "..decode", "src/lib/index.js : decode"),
        ("src/lib/x.ts", "./.decode", "src/lib/index.js : decode"),
        ("src/lib/x.ts", "../...decode", "-"),
        ("src/main.tsx", "./missing.decode", "-"),
        ("src/main.tsx", "jsonwebtoken.decode", "-"),
        ("src/main.tsx", "auth.decode", "-"),
    ]);
}

#[test]
fn ecmascript_compiler_configs() {
    let files = [
        "app/src/lib/auth.ts",
        "app/src/components/index.tsx",
        "app/src/main.ts",
        "app/tests/main.test.ts",
        "shared/src/tokens.ts",
        "web/source/pages/a.ts",
        "web/source/auth.ts",
        "vite/src/deep/main.ts",
        "vite/src/auth.ts",
    ];
    let app = "{\n  // own paths\n  \"extends\": \"../tsconfig.base\",\n  \"compilerOptions\": { \"baseUrl\": \".\",\n    \
               \"paths\": { \"@/*\": [\"./src/*\"], \"~/*\": [\"missing/*\", \"src/*\"], \"exact\": [\"src/lib/auth.ts\"], }, },\n}";
    let base = r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@shared/*": ["shared/src/*"] } } }"#;
    let vite = r#"{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }"#;
    let vite_app = r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#;
    let configs = [
        ("app/tsconfig.json", app),
        ("tsconfig.base.json", base),
        ("web/jsconfig.json", r#"{ "compilerOptions": { "baseUrl": "source" } }"#),
        ("vite/tsconfig.json", vite),
        ("vite/tsconfig.app.json", vite_app),
    ];
    repository(&files, &configs).check(&[
        ("app/src/main.ts", "@/lib/auth.decode", "app/src/lib/auth.ts : decode"),
        ("app/tests/main.test.ts", "~/components.Page", "app/src/components/index.tsx : Page"),
        ("app/src/main.ts", "exact.decode", "app/src/lib/auth.ts : decode"),
        ("app/src/main.ts", "src/lib/auth.decode", "app/src/lib/auth.ts : decode"),
        ("app/src/main.ts", "@shared/tokens.decode", "shared/src/tokens.ts : decode"),
        ("web/source/pages/a.ts", "auth.decode", "web/source/auth.ts : decode"),
        ("web/source/pages/a.ts", "@/auth.decode", "-"),
        ("vite/src/deep/main.ts", "@/auth.decode", "vite/src/auth.ts : decode"),
        ("vite/src/deep/main.ts", "@nestjs/jwt.JwtService", "-"),
    ]);
}

#[test]
fn ecmascript_base_of_an_extended_config() {
    let configs = [
        (
            "app/tsconfig.json",
            r#"{ "extends": ["@acme/config/base.json"], "compilerOptions": { "paths": { "a/*": ["x/*"] } } }"#,
        ),
        ("config/package.json", r#"{ "name": "@acme/config" }"#),
        ("config/tsconfig.base.json", r#"{ "compilerOptions": { "paths": { "b": ["${configDir}/y.ts"] } } }"#),
        ("lib/tsconfig.json", r#"{ "extends": "@acme/config/tsconfig.base" }"#),
        (
            "old/tsconfig.json",
            r#"{ "extends": "./tsconfig.up.json", "compilerOptions": { "paths": { "a/*": ["x/*"] } } }"#,
        ),
        ("old/tsconfig.up.json", r#"{ "extends": "./tsconfig.json", "compilerOptions": { "baseUrl": "deep" } }"#),
    ];
    repository(&["app/x/a.ts", "app/main.ts", "lib/y.ts", "lib/main.ts", "old/deep/x/a.ts", "old/main.ts"], &configs)
        .check(&[
            ("app/main.ts", "a/a.decode", "app/x/a.ts : decode"),
            ("lib/main.ts", "b.decode", "lib/y.ts : decode"),
            ("old/main.ts", "a/a.decode", "old/deep/x/a.ts : decode"),
        ]);
}

#[test]
fn ecmascript_packages() {
    let files = [
        "packages/auth/src/index.ts",
        "packages/auth/src/keys.ts",
        "packages/auth/sub/deep.ts",
        "packages/main/lib.js",
        "packages/exports/src/a.ts",
        "packages/exports/src/b/c.ts",
        "packages/exports/source/inner.ts",
        "packages/bare/index.js",
        "packages/jose/index.js",
        "apps/api/src/main.ts",
        "apps/api/src/local/thing.js",
        "apps/api/src/conf/db.ts",
        "apps/api/src/conf/dev/db.ts",
        "vendor/linked/src/index.js",
    ];
    let exports = r##"{ "name": "@acme/exports", "exports": {
        ".": { "types": "./dist/a.d.ts", "import": { "default": "./dist/a.js" } },
        "./b/*": { "require": "./dist/cjs/b/*.js" }, "./inner": "./source/inner.ts" } }"##;
    let api = r##"{ "name": "api", "imports": { "#db": "./src/conf/db.js", "#conf/*": "./src/conf/*.js", "#auth": "@acme/auth" },
        "dependencies": { "linked": "file:../../vendor/linked", "jwt": "npm:jsonwebtoken@9", "n": "npm:@nestjs/jwt@^10", "plain": "^1" } }"##;
    let configs = [
        (
            "packages/auth/package.json",
            r#"{ "name": "@acme/auth", "main": "dist/index.js", "types": "dist/index.d.ts" }"#,
        ),
        ("packages/main/package.json", r#"{ "name": "main-package", "main": "./lib" }"#),
        ("packages/exports/package.json", exports),
        ("packages/bare/package.json", r#"{ "name": "bare.name" }"#),
        ("packages/jose/package.json", r#"{ "name": "jose" }"#),
        ("apps/api/package.json", api),
        ("apps/api/src/local/package.json", r#"{ "main": "thing.js" }"#),
        ("vendor/linked/package.json", r#"{ "name": "something-else" }"#),
    ];
    let repository = repository(&files, &configs);
    let main = "apps/api/src/main.ts";
    repository.check(&[
        (main, "@acme/auth.decode", "packages/auth/src/index.ts : decode"),
        (main, "@acme/auth/keys.decode", "packages/auth/src/keys.ts : decode"),
        (main, "@acme/auth/sub/deep.decode", "packages/auth/sub/deep.ts : decode"),
        (main, "@acme/auth/dist/keys.decode", "packages/auth/src/keys.ts : decode"),
        (main, "@acme/missing.decode", "-"),
        (main, "@acme.decode", "-"),
        (main, "main-package.decode", "packages/main/lib.js : decode"),
        (main, "@acme/exports.decode", "packages/exports/src/a.ts : decode"),
        (main, "@acme/exports/b/c.decode", "packages/exports/src/b/c.ts : decode"),
        (main, "@acme/exports/inner.decode", "packages/exports/source/inner.ts : decode"),
        (main, "bare.name.decode", "packages/bare/index.js : decode"),
        (main, "linked.decode", "vendor/linked/src/index.js : decode"),
        (main, "#db.connect", "apps/api/src/conf/db.ts : connect"),
        (main, "#conf/dev/db.connect", "apps/api/src/conf/dev/db.ts : connect"),
        (main, "#auth.decode", "packages/auth/src/index.ts : decode"),
        (main, "#nothing.x", "-"),
        (main, "./local.x", "apps/api/src/local/thing.js : x"),
        // A package of the repository that is called like a JWT library does not hide it.
        (main, "jose.jwtVerify", "-"),
    ]);
    let from = repository.id(main);
    assert_eq!(repository.graph.renamed(from, "jwt"), Some("jsonwebtoken"));
    assert_eq!(repository.graph.renamed(from, "n"), Some("@nestjs/jwt"));
    assert_eq!(repository.graph.renamed(from, "plain"), None);
    assert_eq!(repository.graph.renamed(from, "linked"), None);
}

#[test]
fn rust_modules() {
    let files = [
        "Cargo/none.rs",
        "src/auth.rs",
        "src/auth/decode.rs",
        "src/auth/keys/mod.rs",
        "src/auth/keys/store.rs",
        "src/auth/inline/file.rs",
        "src/bin/tool.rs",
        "src/bin/big/main.rs",
        "src/bin/big/part.rs",
        "src/lib.rs",
        "src/main.rs",
        "tests/common/mod.rs",
        "tests/it.rs",
    ];
    let manifest = "[package]\nname = 'my-crate'\n[dependencies]\njwt = { package = 'jsonwebtoken', version = '9' }\nserde-json = '1'";
    let repository = repository(&files, &[("Cargo.toml", manifest)]);
    repository.check(&[
        ("src/lib.rs", "crate.auth.verify", "src/auth.rs : verify | src/lib.rs : auth.verify"),
        ("src/auth.rs", "crate.run", "src/lib.rs src/main.rs : run"),
        ("src/main.rs", "crate.run", "src/main.rs : run"),
        ("src/main.rs", "crate", "src/main.rs"),
        ("src/auth/keys/store.rs", "crate.auth.decode", "src/auth/decode.rs | src/auth.rs : decode"),
        (
            "src/auth/keys/store.rs",
            "crate.auth.decode.decode",
            "src/auth/decode.rs : decode | src/auth.rs : decode.decode",
        ),
        ("src/auth/keys/store.rs", "super.Key", "src/auth/keys/mod.rs : Key"),
        ("src/auth/keys/store.rs", "super.super.verify", "src/auth.rs : verify"),
        ("src/auth/keys/store.rs", "super.super.super.run", "src/lib.rs src/main.rs : run"),
        ("src/auth/keys/store.rs", "super.super.super.super.run", "-"),
        (
            "src/auth/keys/mod.rs",
            "self.store.load",
            "src/auth/keys/store.rs : load | src/auth/keys/mod.rs : store.load",
        ),
        ("src/auth/keys/mod.rs", "super.decode.decode", "src/auth/decode.rs : decode | src/auth.rs : decode.decode"),
        ("src/auth.rs", "decode.decode", "src/auth/decode.rs : decode | src/auth.rs : decode.decode"),
        ("src/auth.rs", "self.helper", "src/auth.rs : helper"),
        ("src/auth.rs", "self.inline.file.x", "src/auth/inline/file.rs : x | src/auth.rs : file.x"),
        ("src/auth.rs", "self.inner.x", "src/auth.rs : inner.x"),
        ("src/main.rs", "my_crate.auth.verify", "src/auth.rs : verify | src/lib.rs : auth.verify"),
        ("src/bin/tool.rs", "my_crate.run", "src/lib.rs : run"),
        ("src/bin/tool.rs", "crate.run", "src/bin/tool.rs : run"),
        ("src/bin/big/part.rs", "crate.run", "src/bin/big/main.rs : run"),
        ("src/bin/big/main.rs", "part.run", "src/bin/big/part.rs : run | src/bin/big/main.rs : part.run"),
        ("tests/it.rs", "common.setup", "tests/common/mod.rs : setup | tests/it.rs : common.setup"),
        ("tests/common/mod.rs", "crate.common.setup", "tests/common/mod.rs : setup"),
        ("tests/it.rs", "my_crate.auth.decode.decode", "src/auth/decode.rs : decode | src/auth.rs : decode.decode"),
        ("src/auth.rs", "jsonwebtoken.decode", "-"),
        ("src/auth.rs", "jwt.decode", "-"),
    ]);
    assert_eq!(repository.graph.renamed(repository.id("src/auth.rs"), "jwt"), Some("jsonwebtoken"));
    assert_eq!(repository.graph.renamed(repository.id("src/auth.rs"), "serde_json"), None);
}

#[test]
fn rust_workspaces() {
    let files = [
        "auth/src/lib.rs",
        "auth/src/tokens.rs",
        "odd/lib/odd.rs",
        "odd/lib/part.rs",
        "api/src/main.rs",
        "api/src/jwt.rs",
        "jwt-copy/src/lib.rs",
    ];
    let configs = [
        (
            "Cargo.toml",
            "[workspace]\nmembers = ['*']\n[workspace.dependencies]\ntokens = { path = 'auth', package = 'acme-auth' }\nj = { package = 'jsonwebtoken', version = '9' }",
        ),
        ("auth/Cargo.toml", "[package]\nname = 'acme-auth'"),
        ("odd/Cargo.toml", "[package]\nname = 'odd'\n[lib]\nname = 'strange'\npath = 'lib/odd.rs'"),
        ("jwt-copy/Cargo.toml", "[package]\nname = 'jsonwebtoken'"),
        (
            "api/Cargo.toml",
            "[package]\nname = 'api'\n[dependencies]\ntokens.workspace = true\nj = { workspace = true }\nodd = { path = '../odd' }\n[target.'cfg(unix)'.dependencies]\nacme-auth = { path = '../auth' }",
        ),
    ];
    let repository = repository(&files, &configs);
    repository.check(&[
        ("api/src/main.rs", "tokens.tokens.decode", "auth/src/tokens.rs : decode | auth/src/lib.rs : tokens.decode"),
        ("api/src/main.rs", "acme_auth.decode", "auth/src/lib.rs : decode"),
        ("api/src/main.rs", "odd.part.x", "odd/lib/part.rs : x | odd/lib/odd.rs : part.x"),
        ("odd/lib/part.rs", "crate.x", "odd/lib/odd.rs : x"),
        ("odd/lib/part.rs", "strange.x", "odd/lib/odd.rs : x"),
        ("api/src/main.rs", "jwt.decode", "api/src/jwt.rs : decode | api/src/main.rs : jwt.decode"),
        ("api/src/main.rs", "j.decode", "-"),
        ("odd/lib/part.rs", "jsonwebtoken.decode", "-"),
    ]);
    assert_eq!(repository.graph.renamed(repository.id("api/src/main.rs"), "j"), Some("jsonwebtoken"));
    assert_eq!(repository.graph.renamed(repository.id("api/src/main.rs"), "tokens"), Some("acme_auth"));
}

#[test]
fn rust_first_edition() {
    let files = ["src/lib.rs", "src/shared.rs", "src/a/b.rs", "tests/common.rs", "tests/it.rs"];
    repository(&files, &[("Cargo.toml", "[package]\nname = 'old'")]).check(&[
        ("src/a/b.rs", "shared.x", "src/shared.rs : x | src/lib.rs : shared.x"),
        ("src/a/b.rs", "serde.x", "-"),
        ("tests/it.rs", "common.setup", "tests/common.rs : setup | tests/it.rs : common.setup"),
        ("tests/common.rs", "crate.setup", "tests/common.rs : setup"),
    ]);
    repository(&files, &[("Cargo.toml", "[package]\nname = 'new'\nedition = '2021'")]).check(&[
        ("src/a/b.rs", "shared.x", "-"),
        ("tests/it.rs", "common.setup", "tests/common.rs : setup | tests/it.rs : common.setup"),
    ]);
}

#[test]
fn rust_without_manifests() {
    repository(&["x/src/lib.rs", "x/src/auth.rs", "x/src/a/b.rs"], &[]).check(&[
        ("x/src/a/b.rs", "crate.auth.decode", "x/src/auth.rs : decode | x/src/lib.rs : auth.decode"),
        ("x/src/a/b.rs", "super.x", "-"),
        ("x/src/a/b.rs", "serde.Deserialize", "-"),
    ]);
}

#[test]
fn go_packages() {
    let files = [
        "auth/a.go",
        "auth/b.go",
        "auth/a_test.go",
        "auth/v2.x/c.go",
        "main.go",
        "tools/main.go",
        "tools/internal/x.go",
        "third/jwt/jwt.go",
        "copy/jwt.go",
    ];
    let configs = [
        (
            "go.mod",
            "module github.com/acme/app // the app\n\ngo 1.22\n\nrequire (\n\tgithub.com/golang-jwt/jwt/v5 v5.0.0\n)\nreplace (\n\texample.com/jwt v1.0.0 => ./third/jwt\n\ta => b v1\n)\n",
        ),
        ("tools/go.mod", "module \"github.com/acme/app/tools\"\nreplace github.com/acme/app => ../\n"),
        ("copy/go.mod", "module github.com/golang-jwt/jwt/v5\n"),
    ];
    let repository = repository(&files, &configs);
    repository.check(&[
        ("main.go", "github.com/acme/app/auth.Decode", "auth/a.go auth/b.go : Decode"),
        ("main.go", "github.com/acme/app/auth", "auth/a.go auth/b.go"),
        ("main.go", "github.com/acme/app.Run", "main.go : Run"),
        ("main.go", "github.com/acme/app/auth/v2.x.Decode", "auth/v2.x/c.go : Decode"),
        ("main.go", "github.com/acme/app/tools/internal.X.Y", "tools/internal/x.go : X.Y"),
        ("tools/main.go", "github.com/acme/app/auth.Decode", "auth/a.go auth/b.go : Decode"),
        ("main.go", "example.com/jwt.Parse", "third/jwt/jwt.go : Parse"),
        ("main.go", "github.com/golang-jwt/jwt/v5.Parse", "-"),
        ("main.go", "github.com/acme/application.Run", "-"),
        ("main.go", "fmt.Println", "-"),
    ]);
    let package = |path| repository.names(repository.graph.package(repository.id(path)));
    assert_eq!(package("auth/a.go"), "auth/a.go auth/b.go");
    assert_eq!(package("auth/a_test.go"), "auth/a.go auth/a_test.go auth/b.go");
}

#[test]
fn go_packages_without_a_module_file() {
    repository(&["main.go", "guard/guard.go", "http/http.go", "jwt/jwt.go"], &[]).check(&[
        ("main.go", "example.com/plans/guard.New", "guard/guard.go : New"),
        ("main.go", "plans/guard", "guard/guard.go"),
        ("main.go", "net/http.Get", "-"),
        ("main.go", "github.com/golang-jwt/jwt.Parse", "-"),
        ("main.go", "example.com/plans/other.New", "-"),
    ]);
}

#[test]
fn java_kotlin_scala() {
    let files = [
        "core/src/main/java/com/acme/Auth.java",
        "core/src/main/java/com/acme/Main.java",
        "core/src/main/kotlin/com/acme/tokens/Decoders.kt",
        "api/src/main/java/com/acme/Config.java",
        "web/src/main/java/com/acme/Config.java",
        "web/src/main/java/com/acme/Web.java",
        "web/src/main/scala/com/acme/Jwt.scala",
    ];
    let repository = repository(&files, &[]);
    let main = "core/src/main/java/com/acme/Main.java";
    repository.check(&[
        (
            main,
            "com.acme.Auth.decode",
            "core/src/main/java/com/acme/Auth.java : Auth.decode | core/src/main/java/com/acme/Auth.java : decode",
        ),
        (main, "com.acme.Auth", "core/src/main/java/com/acme/Auth.java : Auth | core/src/main/java/com/acme/Auth.java"),
        (main, "com.acme.tokens.decode", "core/src/main/kotlin/com/acme/tokens/Decoders.kt : decode"),
        (main, "com.acme.tokens", "core/src/main/kotlin/com/acme/tokens/Decoders.kt"),
        (
            main,
            "com.acme.Jwt.decode",
            "web/src/main/scala/com/acme/Jwt.scala : Jwt.decode | web/src/main/scala/com/acme/Jwt.scala : decode",
        ),
        (
            "web/src/main/java/com/acme/Web.java",
            "com.acme.Config.KEY",
            "web/src/main/java/com/acme/Config.java : Config.KEY | web/src/main/java/com/acme/Config.java : KEY",
        ),
        (main, "com.auth0.jwt.JWT.decode", "-"),
        (main, "Auth", "core/src/main/java/com/acme/Auth.java : Auth | core/src/main/java/com/acme/Auth.java"),
        (main, "Config", "-"),
    ]);
    assert_eq!(
        repository.names(repository.graph.package(repository.id(main))),
        "core/src/main/java/com/acme/Auth.java core/src/main/java/com/acme/Main.java"
    );
    assert!(repository.graph.package(repository.id(main)).contains(&repository.id(main)));
}

#[test]
fn csharp_types() {
    let files = [
        "Api/Auth/TokenReader.cs",
        "Api/Program.cs",
        "Api/A/Same.cs",
        "Api/B/Same.cs",
        "Api/Jwt/Read.cs",
        "Api/Auth.cs",
    ];
    repository(&files, &[]).check(&[
        (
            "Api/Program.cs",
            "Acme.Auth.TokenReader.Decode",
            "Api/Auth/TokenReader.cs : TokenReader.Decode | Api/Auth/TokenReader.cs : Decode",
        ),
        (
            "Api/Program.cs",
            "Acme.Auth.TokenReader.Read",
            "Api/Auth/TokenReader.cs : TokenReader.Read | Api/Auth/TokenReader.cs : Read",
        ),
        (
            "Api/Program.cs",
            "TokenReader.Decode",
            "Api/Auth/TokenReader.cs : TokenReader.Decode | Api/Auth/TokenReader.cs : Decode",
        ),
        ("Api/Program.cs", "Acme.Same.X", "-"),
        ("Api/Program.cs", "System.IdentityModel.Tokens.Jwt.Read", "-"),
    ]);
}

#[test]
fn ruby_files_and_constants() {
    let files = [
        "app/services/auth/token_decoder.rb",
        "app/models/user.rb",
        "app/lib/jwt.rb",
        "lib/oauth_client.rb",
        "lib/auth/keys.rb",
        "bin/run.rb",
    ];
    repository(&files, &[]).check(&[
        ("bin/run.rb", "../lib/auth/keys", "lib/auth/keys.rb"),
        ("bin/run.rb", "./missing", "-"),
        ("bin/run.rb", "auth/keys", "lib/auth/keys.rb"),
        ("bin/run.rb", "keys", "-"),
        ("bin/run.rb", "Auth::TokenDecoder.decode", "app/services/auth/token_decoder.rb : Auth::TokenDecoder.decode | app/services/auth/token_decoder.rb : TokenDecoder.decode"),
        ("bin/run.rb", "Auth.TokenDecoder.decode", "app/services/auth/token_decoder.rb : Auth.TokenDecoder.decode | app/services/auth/token_decoder.rb : TokenDecoder.decode"),
        ("bin/run.rb", "Auth::TokenDecoder", "app/services/auth/token_decoder.rb : Auth::TokenDecoder | app/services/auth/token_decoder.rb : TokenDecoder"),
        ("bin/run.rb", "OAuthClient.new", "lib/oauth_client.rb : OAuthClient.new | lib/oauth_client.rb : OAuthClient.new"),
        ("bin/run.rb", "User", "app/models/user.rb : User | app/models/user.rb : User"),
        ("bin/run.rb", "JWT.decode", "-"),
        ("bin/run.rb", "jwt", "-"),
    ]);
}

#[test]
fn php_namespaces() {
    let files = ["src/Auth/Decoder.php", "app/Http/Kernel.php", "legacy/Old/Token.php", "index.php"];
    let composer = r#"{ "autoload": { "psr-4": { "Acme\\": ["missing/", "src/"], "Acme\\Web\\": "app/" } } }"#;
    repository(&files, &[("composer.json", composer)]).check(&[
        (
            "index.php",
            "Acme\\Auth\\Decoder.decode",
            "src/Auth/Decoder.php : Decoder.decode | src/Auth/Decoder.php : decode",
        ),
        (
            "index.php",
            "Acme\\Auth\\Decoder::decode",
            "src/Auth/Decoder.php : Decoder::decode | src/Auth/Decoder.php : decode",
        ),
        ("index.php", "\\Acme\\Auth\\Decoder", "src/Auth/Decoder.php : Decoder | src/Auth/Decoder.php"),
        (
            "index.php",
            "Acme.Auth.Decoder.decode",
            "src/Auth/Decoder.php : Decoder.decode | src/Auth/Decoder.php : decode",
        ),
        ("index.php", "Acme\\Web\\Http\\Kernel", "app/Http/Kernel.php : Kernel | app/Http/Kernel.php"),
        ("index.php", "Vendor\\Old\\Token.read", "legacy/Old/Token.php : Token.read | legacy/Old/Token.php : read"),
        ("index.php", "Firebase\\JWT\\JWT.decode", "-"),
        ("index.php", "./src/Auth/Decoder.php", "src/Auth/Decoder.php"),
    ]);
}

#[test]
fn configs_that_do_not_parse_are_named() {
    let configs = [
        ("package.json", "{"),
        ("a/tsconfig.json", "{ nonsense"),
        ("Cargo.toml", "[package"),
        ("pyproject.toml", "a = \n"),
        ("composer.json", "[1,"),
        ("go.mod", "go 1.22\n"),
    ];
    let repository = repository(&["a.py"], &configs);
    let paths: Vec<&str> = repository.errors.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["Cargo.toml", "a/tsconfig.json", "composer.json", "go.mod", "package.json", "pyproject.toml"]);
}

#[test]
fn odd_paths_lead_nowhere() {
    let files = ["a.py", "b.ts", "c.rs", "d.go", "e.java", "f.cs", "g.rb", "h.php"];
    let repository = repository(&files, &[]);
    for from in files {
        for path in [
            "",
            ".",
            "..",
            "...",
            ".....",
            "./",
            "/",
            "//",
            "é.é",
            "@",
            "#",
            "a..b",
            "::",
            "\\",
            "super.super",
            "self",
            "crate",
            "~",
            "*",
        ] {
            repository.leads(from, path);
        }
    }
}
