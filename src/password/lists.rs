//! The part of the rules that passwords and PINs share: block lists and context words.

use core::fmt;

use zeroize::Zeroizing;

/// A block list: whether a whole password or PIN is on it.
type BlockList<'a> = Box<dyn Fn(&str) -> bool + Send + Sync + 'a>;

/// Block lists, and words that belong to the subject or the service.
pub(super) struct Lists<'a> {
    block_lists: Vec<BlockList<'a>>,
    words: Vec<Zeroizing<String>>,
}

impl<'a> Lists<'a> {
    pub(super) const fn new() -> Self {
        Self {
            block_lists: Vec::new(),
            words: Vec::new(),
        }
    }

    pub(super) fn add_blocklist(&mut self, list: impl Fn(&str) -> bool + Send + Sync + 'a) {
        self.block_lists.push(Box::new(list));
    }

    /// Adds context words, and sorts all of them by length, the longest first.
    pub(super) fn add_words(&mut self, words: impl IntoIterator<Item = Zeroizing<String>>) {
        self.words.extend(words);
        self.words
            .sort_by_key(|word| core::cmp::Reverse(word.len()));
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.as_str())
    }

    /// Whether one of these spellings is on a block list.
    pub(super) fn block(&self, spellings: &[impl AsRef<str>]) -> bool {
        let is_on = |list: &BlockList<'_>| spellings.iter().any(|text| list(text.as_ref()));
        self.block_lists.iter().any(is_on)
    }
}

impl fmt::Display for Lists<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lists, words) = (self.block_lists.len(), self.words.len());
        write!(f, "{lists} block lists, {words} context words")
    }
}
