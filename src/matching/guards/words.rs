//! Words by which functions, calls and names are told.

use crate::rules::IDENTITY_TYPE;
use regex::Regex;
use std::sync::LazyLock;

fn words(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is well-formed")
}

/// What an expression is made of is looked at so deep.
pub(super) const DEEPEST: usize = 12;

/// Functions that frameworks ask whether a request may go on.
pub(super) const ANSWERS_BOOLEAN: [&str; 6] =
    ["preHandle", "canActivate", "has_permission", "hasPermission", "CanActivate", "authorize"];

/// Calls that give what they are given.
pub(super) const WRAPS: [&str; 8] =
    ["FromResult", "resolve", "just", "of", "Ok", "Some", "completedFuture", "successful"];

/// What decorators and middlewares call the function that they stand before.
pub(super) const WRAPPED: [&str; 9] =
    ["callNext", "view", "view_func", "func", "fn", "f", "function", "wrapped", "endpoint"];

/// Calls that are given a function for when what they are called on fails.
pub(super) const HANDLES_FAILURE: [&str; 9] = [
    "catch",
    "onErrorResume",
    "onErrorReturn",
    "exceptionally",
    "onFailure",
    "recover",
    "recoverWith",
    "getOrElse",
    "catchError",
];

/// What a setting says that turns something off.
pub(super) const OFF: [&str; 7] = ["", "none", "off", "disabled", "false", "no", "0"];

/// Calls that say whether something is empty, and whether it is not.
pub(super) const EMPTY: [&str; 14] = [
    "IsNullOrEmpty",
    "IsNullOrWhiteSpace",
    "isEmpty",
    "is_empty",
    "isBlank",
    "empty",
    "empty?",
    "blank?",
    "nil?",
    "is_null",
    "is_none",
    "isNull",
    "isNullOrEmpty",
    "isNullOrBlank",
];
pub(super) const FULL: [&str; 6] = ["isPresent", "present?", "is_some", "hasText", "isset", "any?"];

/// Keys of what says yes.
pub(super) const YES_KEYS: [&str; 9] =
    ["valid", "is_valid", "isValid", "active", "authenticated", "authorized", "allowed", "isAuthorized", "is_admin"];

/// Keys of who somebody is.
pub(super) const IDENTITY_KEYS: [&str; 10] =
    ["sub", "subject", "user", "user_id", "userId", "username", "email", "uid", "account", "login"];

/// Keys of what somebody may.
pub(super) const ROLE_KEYS: [&str; 4] = ["role", "roles", "permissions", "scopes"];

/// What somebody is called who stands for nobody that is known.
pub(super) static STANDS_IN: LazyLock<Regex> =
    LazyLock::new(|| words(r"(?i)^[\w-]*(?:anon|guest|demo|dev|test|mock|admin|default|system|public)"));

/// Types of who somebody is.
pub(super) static IDENTITY_TYPES: LazyLock<Regex> = LazyLock::new(|| words(&format!("{IDENTITY_TYPE}$")));

/// Keys of what says something of somebody.
pub(super) static WHO_KEYS: LazyLock<Regex> = LazyLock::new(|| {
    words(r"(?i)(?:^|_|[a-z])(?:id|name|sub|subject|user|email|role|roles|login|account|team|groups?)$")
});

/// Names of settings that say whether to ask at all.
pub(super) static SWITCH: LazyLock<Regex> =
    LazyLock::new(|| words(r"(?i)auth|login|token|jwt|secur|enforce|require|protect|check|verif|key|secret|password"));

/// Names of calls that ask about what somebody sent.
pub(super) static ASKS: LazyLock<Regex> =
    LazyLock::new(|| words(r"(?i)introspect|verif|valid|check|authenticat|authori|decode"));

/// Names of errors.
pub(super) static ERRORS: LazyLock<Regex> =
    LazyLock::new(|| words(r"^_?(?:err|error|e|ex|exc|exception|reason|failure|[a-z]\w*(?:Err|Error))\d?$"));

/// Names of what says how strict to be.
pub(super) static STRICTNESS: LazyLock<Regex> =
    LazyLock::new(|| words(r"(?i)fail_?(?:open|closed|safe|soft)|strict|lenient|degraded|fallback|soft_?fail"));

/// Names of who is nobody.
pub(super) static NOBODY: LazyLock<Regex> =
    LazyLock::new(|| words(r"(?i)anon|guest|nobody|visitor|unauthenticated|unknown|public|none$"));

/// Names of what comes with a request.
pub(super) static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)^_?(?:req|request|r|headers?|cookies?|query|params?|path|url|uri|method|body|form|user|current_?user|session|claims|payload|token|bearer|authorization|ip|host|origin|remote\w*|route|handler|pathname|args|scope|credentials?|x_?api_?key|window|document|navigator|schema)$|Headers?$|HttpContext|current_?user|^_?auth_?(?:header|token)$",
    )
});

/// Names of calls that give a setting.
pub(super) static SETTINGS: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)^(?:get_?env|lookup_?env|env|get_?property|get_?settings?|get_?config|config|get_?value|section|get_?section)$",
    )
});

/// Names of what holds settings, whoever hands it in.
pub(super) static CONFIGURATION: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)^_?(?:settings|config|cfg|conf|configuration|env|environ|process|opts|options|props|properties|app_?config|app_?settings)$",
    )
});

/// Names of what proves who somebody is.
pub(super) static CREDENTIAL: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)(?:^|_|-|[a-z])(?:tokens?|jwt|bearer|credentials?|api_?-?key|access_?-?key|authorization|auth_?header|secret|ticket|passw(?:or)?d|passphrase)$",
    )
});

/// Texts that stand for no credential, or for a kind of one.
pub(super) static NO_SECRET: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)^\W*(?:null|undefined|none|nil|nan|true|false|anonymous|guest|bearer|basic|token|jwt|digest|negotiate|(?:access|refresh|id|bearer|csrf|auth|api)[-_ ]?(?:token|key)|empty|missing|invalid|unknown|eof|deleted|redacted|\W*)\W*$|\s.*\s",
    )
});

/// What a condition says that holds in no production.
pub(super) static RUNS_APART: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)debug|(?:^|\W|_|is|[a-z])(?:dev|develop(?:ment)?|test(?:s|ing)?|local(?:host)?|mock|e2e)(?:$|\W|_|[A-Z])|NODE_ENV|prod",
    )
});
