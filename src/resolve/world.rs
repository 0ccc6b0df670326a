//! The repository as one file's names see it: other files are read when a name leads there, and only then.

use crate::fact::FileFacts;
use crate::fact::Language;
use crate::fact::Name;
use crate::place::Source;
use crate::resolve::Resolver;
use crate::resolve::graph::FileId;
use crate::resolve::graph::Located;
use crate::resolve::graph::ModuleGraph;
use crate::resolve::graph::SEPARATORS;
use crate::resolve::names::Names;
use crate::resolve::trace::Question;
use crate::resolve::trace::Trace;
use crate::resolve::versions::Known;
use crate::resolve::versions::Versions;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::cell::Cell;
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::hash::Hasher;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

/// A way through more files than this is not followed: what it leads to is unknown.
const LONGEST_WAY: u32 = 12;

/// A file that a name led to.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) facts: Arc<FileFacts>,
    pub(crate) names: Arc<Names>,
    pub(crate) source: Arc<Source>,
}

impl Loaded {
    pub(crate) fn new(facts: FileFacts, source: Source) -> Loaded {
        let names = Arc::new(Names::new(&facts));
        Loaded { facts: Arc::new(facts), names, source: Arc::new(source) }
    }
}

/// Reads a file; `None` when it cannot be read.
pub(crate) type Load<'r> = dyn Fn(FileId) -> Option<Loaded> + Sync + 'r;

/// What may be made when it is first asked for. A `LazyLock` would bind the lifetime of all that is asked through it.
pub(crate) struct Lazy<'r, T> {
    made: OnceLock<T>,
    make: Option<Box<dyn Fn() -> T + Sync + 'r>>,
}

impl<T> From<T> for Lazy<'_, T> {
    fn from(made: T) -> Self {
        Lazy { made: OnceLock::from(made), make: None }
    }
}

impl<'r, T> Lazy<'r, T> {
    pub(crate) fn new(make: impl Fn() -> T + Sync + 'r) -> Lazy<'r, T> {
        Lazy { made: OnceLock::new(), make: Some(Box::new(make)) }
    }
}

impl<T> Deref for Lazy<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.made.get_or_init(|| self.make.as_ref().expect("it is made, or can be")())
    }
}

/// All files of a scan, shared by its threads.
pub(crate) struct Repository<'r> {
    pub(crate) graph: Lazy<'r, Arc<ModuleGraph>>,
    pub(crate) versions: Lazy<'r, Versions>,
    load: Box<Load<'r>>,
    /// Files that a name led to.
    read: Mutex<FxHashMap<FileId, Option<Loaded>>>,
}

/// The names by which files give others what rules look for: all that is worth following to other files when it
/// is only asked what something is called.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    names: FxHashSet<Name>,
    /// Who gives each name, by the name in lower case: PHP does not tell functions apart by case.
    givers: FxHashMap<String, Vec<FileId>>,
}

impl Leads {
    /// Adds what `giver` gives.
    pub(crate) fn extend(&mut self, giver: FileId, names: impl IntoIterator<Item = String>) {
        for name in names {
            let givers = self.givers.entry(name.to_ascii_lowercase()).or_default();
            if !givers.contains(&giver) {
                givers.push(giver);
            }
            self.names.insert(name.into());
        }
    }

    /// The files that give a name, in whatever case it is written.
    pub(crate) fn givers(&self, name: &str) -> &[FileId] {
        self.givers.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// A digest of all of it.
    pub(crate) fn digest(&self, graph: &ModuleGraph, hasher: &mut impl Hasher) {
        let mut names: Vec<&Name> = self.names.iter().collect();
        names.sort();
        names.hash(hasher);
        let mut givers: Vec<(&String, Vec<&str>)> =
            self.givers.iter().map(|(name, files)| (name, files.iter().map(|it| graph.path(*it)).collect())).collect();
        givers.sort();
        givers.hash(hasher);
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        self.names.iter()
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether a part of the path is one of the names.
    pub(crate) fn lie_on(&self, path: &str) -> bool {
        !self.is_empty()
            && path.split('/').flat_map(|part| part.split(SEPARATORS)).any(|part| self.names.contains(part))
    }
}

impl<'r> Repository<'r> {
    pub(crate) fn new(graph: ModuleGraph, versions: Versions, load: Box<Load<'r>>) -> Repository<'r> {
        Repository::lazy(Arc::new(graph).into(), versions.into(), load)
    }

    pub(crate) fn lazy(graph: Lazy<'r, Arc<ModuleGraph>>, versions: Lazy<'r, Versions>, load: Box<Load<'r>>) -> Self {
        Repository { graph, versions, load, read: Mutex::default() }
    }

    /// A repository of one file that knows nothing of others.
    pub(crate) fn of_one(path: Arc<str>, language: Language) -> Repository<'r> {
        let (graph, _) = ModuleGraph::new(&[(path, language)], &[]);
        Repository::new(graph, Versions::default(), Box::new(|_| None))
    }

    pub(crate) fn loaded(&self, file: FileId) -> Option<Loaded> {
        if let Some(loaded) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&file) {
            return loaded.clone();
        }
        // Two threads may read the same file at once; holding the lock meanwhile would stop them all.
        let loaded = (self.load)(file);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).entry(file).or_insert(loaded).clone()
    }
}

/// Which names are followed to other files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// Those that lead to what rules look for: enough to know what is called.
    Leads,
    /// All: to know a value.
    All,
    /// All, and what a method reads of its own object is what a class below may say otherwise: see
    /// [`Resolver::left_to_subclasses`].
    Subclasses,
}

/// What one thread knows of the repository while it looks at one file.
pub(crate) struct World<'r> {
    pub(crate) repository: &'r Repository<'r>,
    pub(crate) leads: &'r Leads,
    resolvers: RefCell<FxHashMap<FileId, Option<Rc<Resolver<'r>>>>>,
    /// Exported names we are about to find out, so that files which pass a name round end.
    underway: RefCell<Vec<(FileId, Name)>>,
    pub(crate) depth: Cell<u32>,
    pub(crate) following: Cell<Following>,
    /// What was asked of the repository, where somebody wants to know.
    trace: Option<RefCell<Trace>>,
}

impl<'r> World<'r> {
    pub(crate) fn new(repository: &'r Repository<'r>, leads: &'r Leads, is_traced: bool) -> Rc<World<'r>> {
        Rc::new(World {
            trace: is_traced.then(RefCell::default),
            repository,
            leads,
            resolvers: RefCell::default(),
            underway: RefCell::default(),
            depth: Cell::new(0),
            following: Cell::new(Following::Leads),
        })
    }

    /// Puts the file that is looked at into its world.
    pub(crate) fn enter(self: &Rc<Self>, file: FileId, facts: Arc<FileFacts>) -> Rc<Resolver<'r>> {
        let resolver = Rc::new(Resolver::new(file, facts.clone(), Arc::new(Names::new(&facts)), self));
        self.resolvers.borrow_mut().insert(file, Some(resolver.clone()));
        resolver
    }

    /// What was asked so far.
    pub(crate) fn trace(&self) -> Option<Trace> {
        self.trace.as_ref().map(RefCell::take)
    }

    fn asked(&self, question: impl FnOnce() -> Question) {
        if let Some(trace) = &self.trace
            && let Entry::Vacant(entry) = trace.borrow_mut().asked.entry(question())
        {
            let answer = entry.key().answer(self.repository);
            entry.insert(answer);
        }
    }

    /// See [`ModuleGraph::locate`].
    pub(crate) fn locate<'p>(&self, from: FileId, path: &'p str) -> Option<Located<'r, 'p>> {
        self.asked(|| Question::Located(from, path.into()));
        self.repository.graph.locate(from, path)
    }

    pub(crate) fn is_of_one_file(&self) -> bool {
        self.repository.graph.is_of_one_file()
    }

    /// See [`ModuleGraph::package`].
    pub(crate) fn package(&self, from: FileId) -> &'r [FileId] {
        self.asked(|| Question::Package(from));
        self.repository.graph.package(from)
    }

    /// See [`ModuleGraph::renamed`].
    pub(crate) fn renamed(&self, from: FileId, name: &str) -> Option<&'r str> {
        self.asked(|| Question::Renamed(from, name.into()));
        self.repository.graph.renamed(from, name)
    }

    /// See [`Versions::of`].
    pub(crate) fn version(&self, language: Language, file: FileId, package: &str) -> Known {
        self.asked(|| Question::Version(language, file, package.into()));
        self.repository.versions.of(language, self.repository.graph.path(file), package)
    }

    /// See [`Versions::asks`].
    pub(crate) fn depends_on(&self, language: Language, file: FileId, package: &str) -> bool {
        self.asked(|| Question::Dependency(language, file, package.into()));
        self.repository.versions.asks(language, self.repository.graph.path(file), package)
    }

    /// Another file.
    pub(crate) fn loaded(&self, file: FileId) -> Option<Loaded> {
        if let Some(trace) = &self.trace {
            trace.borrow_mut().loaded.insert(file);
        }
        self.repository.loaded(file)
    }

    /// The names of another file.
    pub(crate) fn resolver(self: &Rc<Self>, file: FileId) -> Option<Rc<Resolver<'r>>> {
        if let Some(known) = self.resolvers.borrow().get(&file) {
            return known.clone();
        }
        let loaded = self.loaded(file);
        let resolver = loaded.map(|loaded| Rc::new(Resolver::new(file, loaded.facts, loaded.names, self)));
        self.resolvers.borrow_mut().insert(file, resolver.clone());
        resolver
    }

    /// Runs `ask` for the exported name unless that is what we are doing already, or the way is too long.
    pub(crate) fn following<T>(&self, file: FileId, name: &str, ask: impl FnOnce() -> Option<T>) -> Option<T> {
        let step = (file, Name::from(name));
        if self.underway.borrow().len() >= LONGEST_WAY as usize || self.underway.borrow().contains(&step) {
            return None;
        }
        self.underway.borrow_mut().push(step);
        let answer = ask();
        self.underway.borrow_mut().pop();
        answer
    }
}
