//! A rule or symbol file's YAML as a tree that remembers where everything stands. Those of our own are made into trees
//! when the program is built (`build.rs` reads them with this file): a commit waits for the hook, and to parse their text
//! takes longer than all else that it does with them.

use saphyr::LoadableYamlNode;
use saphyr::MarkedYaml;
use saphyr::Scalar;
use saphyr::ScanError;
use saphyr::YamlData;
use serde::Deserialize;
use serde::Serialize;
use std::borrow::Cow;

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node<'a> {
    #[serde(borrow)]
    pub(crate) data: Data<'a>,
    /// In characters, from the start of the file.
    pub(crate) start: u32,
    /// Where the next thing starts, for lists and mappings of several lines.
    pub(crate) end: u32,
    /// 1-based.
    pub(crate) line: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Data<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(#[serde(borrow)] Cow<'a, str>),
    List(Vec<Node<'a>>),
    Mapping(Vec<(Node<'a>, Node<'a>)>),
    /// What no rule file may hold: numbers that are not whole, values with tags.
    Other,
}

/// The roots of the documents in a file. Of keys that stand twice in a mapping the last one is kept.
pub(crate) fn parse(text: &str) -> Result<Vec<Node<'_>>, ScanError> {
    Ok(MarkedYaml::load_from_str(text)?.into_iter().map(Node::of).collect())
}

impl<'a> Node<'a> {
    fn of(yaml: MarkedYaml<'a>) -> Node<'a> {
        let position = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Node {
            start: position(yaml.span.start.index()),
            end: position(yaml.span.end.index()),
            line: position(yaml.span.start.line()),
            data: match yaml.data {
                YamlData::Value(Scalar::Null) => Data::Null,
                YamlData::Value(Scalar::Boolean(truth)) => Data::Boolean(truth),
                YamlData::Value(Scalar::Integer(number)) => Data::Integer(number),
                YamlData::Value(Scalar::String(text)) => Data::Text(text),
                YamlData::Sequence(items) => Data::List(items.into_iter().map(Node::of).collect()),
                YamlData::Mapping(entries) => {
                    Data::Mapping(entries.into_iter().map(|(key, value)| (Node::of(key), Node::of(value))).collect())
                }
                _ => Data::Other,
            },
        }
    }
}
