//! Findings as a table, for people who sort, filter and share them in a spreadsheet: RFC 4180 with a line of column
//! names, UTF-8 without a mark at its start. One line is one finding, and all are there, also what is allowed and
//! what is in tests: the columns `state` and `counts` tell them apart. Columns keep their names and order; new ones
//! come last.
//!
//! | column | holds |
//! |---|---|
//! | `rule`, `severity` | what was found |
//! | `state` | `new`, `known`, `excepted` or `expired` |
//! | `counts` | `yes` where it weighs in the verdict, else `no` |
//! | `path`, `line`, `column`, `end_line`, `end_column` | where, counted from 1 |
//! | `scope` | the class and function around it |
//! | `message`, `fix`, `why` | in words |
//! | `cwe`, `impact` | may be empty |
//! | `code` | the first line of its code, secrets masked |
//! | `fingerprint` | what the baseline knows it by |
//! | `origin` | `change`, `touched` or `before`; empty where no change is looked at |
//! | `in_tests` | `yes` or `no` |
//! | `allowed_reason`, `allowed_owner`, `allowed_until`, `allowed_by` | of what allows it, or did |
//! | `also` | other rules that hit the same place, with spaces between |
//!
//! A cell that a spreadsheet would take for a formula starts with `'`
//! (<https://owasp.org/www-community/attacks/CSV_Injection>). Control characters are shown as pictures.

use crate::finding::Finding;
use crate::finding::Origin;
use crate::report::Report;
use crate::report::text::harmless;
use crate::verdict;
use crate::verdict::Policy;
use std::io;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    for finding in &report.findings {
        table.write_record(row(finding, report.policy).map(|text| cell(&text)))?;
    }
    table.flush()
}

const COLUMNS: [&str; 24] = [
    "rule",
    "severity",
    "state",
    "counts",
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "scope",
    "message",
    "fix",
    "why",
    "cwe",
    "impact",
    "code",
    "fingerprint",
    "origin",
    "in_tests",
    "allowed_reason",
    "allowed_owner",
    "allowed_until",
    "allowed_by",
    "also",
];

fn row(finding: &Finding, policy: Policy) -> [String; COLUMNS.len()] {
    let yes = |is_so| if is_so { "yes" } else { "no" };
    let allowed = finding.allowed.as_ref();
    let until = allowed.and_then(|it| it.until).map(|day| day.to_string());
    let allowed_by = allowed.map(|it| match it.line {
        Some(line) => format!("{}:{line}", it.path),
        None => it.path.to_string(),
    });
    [
        finding.rule.to_string(),
        finding.severity.name().to_owned(),
        finding.state.name().to_owned(),
        yes(verdict::counts(finding, policy)).to_owned(),
        finding.path.to_string(),
        finding.place.line.to_string(),
        finding.place.column.to_string(),
        finding.place.end_line.to_string(),
        finding.place.end_column.to_string(),
        finding.scope.clone(),
        finding.message.clone(),
        finding.fix.to_string(),
        finding.why.to_string(),
        finding.cwe.as_deref().unwrap_or_default().to_owned(),
        finding.impact.as_deref().unwrap_or_default().to_owned(),
        finding.snippet.lines().next().unwrap_or_default().trim().replace('\t', " "),
        finding.fingerprint.clone(),
        finding.origin.map_or("", Origin::name).to_owned(),
        yes(finding.in_tests).to_owned(),
        allowed.map(|it| it.reason.clone()).unwrap_or_default(),
        allowed.and_then(|it| it.owner.clone()).unwrap_or_default(),
        until.unwrap_or_default(),
        allowed_by.unwrap_or_default(),
        finding.also.join(" "),
    ]
}

/// Text on one line, with a `'` before all that a spreadsheet would compute. Tabs and line ends, which can start a
/// formula too, are pictures by then. Where a spreadsheet splits lines at `;`, as it does in half of Europe, a cell
/// starts after each `;` as well.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    let mut is_start = true;
    for character in harmless(text).chars() {
        match character {
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' if is_start => {
                safe.push('\'');
                is_start = false;
            }
            ';' => is_start = true,
            // Spreadsheets may trim spaces and take quotes off.
            '"' => {}
            _ => is_start &= character.is_whitespace(),
        }
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Allowed;
    use crate::finding::Severity;
    use crate::finding::State;
    use crate::report::samples;

    fn print(report: &Report) -> String {
        samples::printed(|out| write(report, out))
    }

    /// A column of the table, below its name.
    fn column(table: &str, name: &str) -> Vec<String> {
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let at = rows.headers().expect("a line of names").iter().position(|it| it == name).expect("the column");
        rows.records().map(|row| row.expect("as many cells as names")[at].to_owned()).collect()
    }

    #[test]
    fn no_findings_are_a_table_too() {
        let text = print(&samples::report(Vec::new()));
        assert!(text.starts_with("rule,severity,state,counts,path,line,"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn all_findings_are_there_with_their_state() {
        let new = samples::finding("a", Severity::Critical, "x.py", 1);
        let mut known = samples::finding("a", Severity::Error, "x.py", 2);
        known.state = State::Known;
        known.allowed = Some(Allowed {
            reason: "adoption, by hand".to_owned(),
            owner: Some("@auth".to_owned()),
            until: Some(time::macros::date!(2027 - 01 - 31)),
            path: "baseline.json".into(),
            line: None,
        });
        let mut test = samples::finding("a", Severity::Error, "test_x.py", 3);
        test.in_tests = true;
        let text = print(&samples::report(vec![new, known, test]));
        assert_eq!(column(&text, "state"), ["new", "known", "new"]);
        assert_eq!(column(&text, "counts"), ["yes", "no", "no"]);
        assert_eq!(column(&text, "in_tests"), ["no", "no", "yes"]);
        assert_eq!(column(&text, "allowed_reason"), ["", "adoption, by hand", ""]);
        assert_eq!(column(&text, "allowed_owner"), ["", "'@auth", ""]);
        assert_eq!(column(&text, "allowed_until"), ["", "2027-01-31", ""]);
        assert_eq!(column(&text, "allowed_by"), ["", "baseline.json", ""]);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("  =1", "  '=1"),
            ("\"=1", "\"'=1"),
            ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
            ("a; \"@x", "a; \"'@x"),
            ("\t=1", "␉=1"),
            ("\r=1", "␍=1"),
            ("a=1", "a=1"),
            ("a -b; c", "a -b; c"),
            ("", ""),
        ] {
            assert_eq!(cell(text), safe);
        }
    }

    #[test]
    fn one_line_is_one_finding() {
        let mut finding = samples::finding("a", Severity::Error, "a,b\n\"c\"\r.py", 1);
        finding.snippet = "\tx = \"\u{1b}[31m\",\n\ty\n".to_owned();
        let text = print(&samples::report(vec![finding]));
        assert_eq!(text.lines().count(), 2);
        assert_eq!(column(&text, "path"), ["a,b␊\"c\"␍.py"]);
        assert_eq!(column(&text, "code"), ["x = \"␛[31m\","]);
    }
}
