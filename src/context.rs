//! What a run is about, as build servers tell it in environment variables. Each server is one row.
//!
//! Sources: the variable references of GitHub Actions, GitLab CI, Jenkins (with its GitHub and Bitbucket branch source
//! plugins), Cloud Build, Azure Pipelines and Bitbucket Pipelines.

use crate::report::Context;

/// What a build server says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) context: Context,
    /// The branch or commit that a change is to be compared with, and the variable that says so.
    pub(crate) base: Option<(String, &'static str)>,
}

/// Looks a variable up; empty ones count as unset.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A build server and where it says what.
struct Server {
    name: &'static str,
    /// It is this one where all of these are set.
    known_by: &'static [&'static str],
    /// The first that is set is it; the same for the others.
    branch: &'static [&'static str],
    commit: &'static [&'static str],
    pull_request: &'static [&'static str],
    base: &'static [&'static str],
    link: fn(&Lookup<'_>) -> Option<String>,
}

const SERVERS: [Server; 6] = [
    Server {
        name: "github-actions",
        known_by: &["GITHUB_ACTIONS"],
        branch: &["GITHUB_HEAD_REF", "GITHUB_REF_NAME"],
        commit: &["GITHUB_SHA"],
        // `refs/pull/12/merge`
        pull_request: &["GITHUB_REF"],
        base: &["GITHUB_BASE_REF"],
        link: |get| {
            let (server, repository, run) =
                (get("GITHUB_SERVER_URL")?, get("GITHUB_REPOSITORY")?, get("GITHUB_RUN_ID")?);
            Some(format!("{server}/{repository}/actions/runs/{run}"))
        },
    },
    Server {
        name: "gitlab-ci",
        known_by: &["GITLAB_CI"],
        branch: &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"],
        commit: &["CI_COMMIT_SHA"],
        pull_request: &["CI_MERGE_REQUEST_IID"],
        base: &["CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"],
        link: |get| get("CI_PIPELINE_URL"),
    },
    Server {
        name: "azure-pipelines",
        known_by: &["TF_BUILD"],
        branch: &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
        commit: &["BUILD_SOURCEVERSION"],
        pull_request: &["SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"],
        base: &["SYSTEM_PULLREQUEST_TARGETBRANCH"],
        link: |get| {
            let (server, project, build) =
                (get("SYSTEM_COLLECTIONURI")?, get("SYSTEM_TEAMPROJECT")?, get("BUILD_BUILDID")?);
            Some(format!("{server}{project}/_build/results?buildId={build}"))
        },
    },
    Server {
        name: "bitbucket-pipelines",
        known_by: &["BITBUCKET_BUILD_NUMBER"],
        branch: &["BITBUCKET_BRANCH"],
        commit: &["BITBUCKET_COMMIT"],
        pull_request: &["BITBUCKET_PR_ID"],
        base: &["BITBUCKET_PR_DESTINATION_COMMIT", "BITBUCKET_PR_DESTINATION_BRANCH"],
        link: |get| {
            let (repository, build) = (get("BITBUCKET_REPO_FULL_NAME")?, get("BITBUCKET_BUILD_NUMBER")?);
            Some(format!("https://bitbucket.org/{repository}/pipelines/results/{build}"))
        },
    },
    Server {
        name: "jenkins",
        known_by: &["JENKINS_URL"],
        branch: &["CHANGE_BRANCH", "GIT_BRANCH", "BRANCH_NAME"],
        commit: &["GIT_COMMIT"],
        pull_request: &["CHANGE_ID"],
        base: &["CHANGE_TARGET"],
        link: |get| get("BUILD_URL"),
    },
    Server {
        name: "cloud-build",
        known_by: &["PROJECT_ID", "BUILD_ID"],
        branch: &["BRANCH_NAME"],
        commit: &["COMMIT_SHA"],
        pull_request: &["_PR_NUMBER"],
        base: &["_BASE_BRANCH"],
        link: |get| {
            let (project, build) = (get("PROJECT_ID")?, get("BUILD_ID")?);
            Some(format!("https://console.cloud.google.com/cloud-build/builds/{build}?project={project}"))
        },
    },
];

/// What the build server that runs us says; nothing where none does.
pub(crate) fn of_build(get: &Lookup<'_>) -> Build {
    let is_it = |server: &&Server| server.known_by.iter().all(|name| get(name).is_some());
    let Some(server) = SERVERS.iter().find(is_it) else { return Build::default() };
    let first = |names: &'static [&'static str]| names.iter().find_map(|name| Some((get(name)?, *name)));
    let number = |text: String| text.trim_start_matches("refs/pull/").trim_end_matches("/merge").parse().ok();
    Build {
        context: Context {
            commit: first(server.commit).map(|(commit, _)| commit),
            branch: first(server.branch).map(|(branch, _)| short(&branch)),
            pull_request: first(server.pull_request).and_then(|(text, _)| number(text)),
            environment: None,
            provider: Some(server.name),
            link: (server.link)(get).map(without_credentials),
            base: None,
        },
        base: first(server.base).map(|(base, name)| (short(&base), name)),
    }
}

/// An address without the name and password that may stand before its host: reports are read by many.
fn without_credentials(address: String) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address };
    let host_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host_ends].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => address,
    }
}

/// A branch without what says that it is one.
fn short(reference: &str) -> String {
    let start = ["refs/heads/", "origin/"].into_iter().find(|start| reference.starts_with(start));
    reference[start.map_or(0, str::len)..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(variables: &[(&str, &str)]) -> String {
        let get = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
        let Build { context, base } = of_build(&get);
        let text = |it: Option<String>| it.unwrap_or("-".to_owned());
        format!(
            "{} {} {} {} {}",
            context.provider.unwrap_or("-"),
            text(context.branch),
            text(context.commit),
            context.pull_request.map_or("-".to_owned(), |it| it.to_string()),
            base.map_or("-".to_owned(), |(base, name)| format!("{base} ({name})")),
        )
    }

    #[test]
    fn links_name_nobody() {
        let link = |url: &str| {
            let get = |name: &str| (name == "BUILD_URL" || name == "JENKINS_URL").then(|| url.to_owned());
            of_build(&get).context.link.expect("there is one")
        };
        assert_eq!(link("https://user:p@ss@ci.example.org/job/1?by=a@b"), "https://ci.example.org/job/1?by=a@b");
        assert_eq!(link("https://ci.example.org/@team/1"), "https://ci.example.org/@team/1");
        assert_eq!(link("ci.example.org"), "ci.example.org");
    }

    #[test]
    fn build_servers_are_known_by_what_they_set() {
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SHA", "abc"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_REF_NAME", "12/merge"),
            ("GITHUB_HEAD_REF", "feature"),
            ("GITHUB_BASE_REF", "main"),
        ];
        assert_eq!(said(&github), "github-actions feature abc 12 main (GITHUB_BASE_REF)");
        let push = [("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/heads/12"), ("GITHUB_REF_NAME", "12")];
        assert_eq!(said(&push), "github-actions 12 - - -");
        let azure = [
            ("TF_BUILD", "True"),
            ("BUILD_SOURCEBRANCH", "refs/heads/main"),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release"),
        ];
        assert_eq!(said(&azure), "azure-pipelines main - - release (SYSTEM_PULLREQUEST_TARGETBRANCH)");
        let jenkins = [("JENKINS_URL", "http://j"), ("GIT_BRANCH", "origin/main"), ("CHANGE_ID", "7")];
        assert_eq!(said(&jenkins), "jenkins main - 7 -");
        assert_eq!(said(&[("PROJECT_ID", "p")]), "- - - - -");
        assert_eq!(said(&[("PROJECT_ID", "p"), ("BUILD_ID", "b"), ("BRANCH_NAME", "x")]), "cloud-build x - - -");
    }
}
