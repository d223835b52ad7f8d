//! Measures what a parsed document expands to, in time linear in its text.
//!
//! Twenty spreads of the next fragment, six levels deep, are 880 bytes and 64 million selections, and later stages walk
//! every one of them. Here each fragment is measured once and its size is added wherever it is spread.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};

use super::{Limits, RequestError};

/// Checks a parsed document against every limit on its shape.
///
/// # Errors
/// [`RequestError`] for too many fragments, a fragment that spreads itself, fields or selection sets nested too deeply, too
/// many selections after expansion, too many root fields (of a mutation: fewer), or a subscription with several.
pub fn check(document: &ExecutableDocument, limits: &Limits) -> Result<(), RequestError> {
    if document.fragments.len() > limits.fragments_max {
        return Err(RequestError::TooManyFragments { max: limits.fragments_max });
    }
    let mut measure = Measure { document, limits, known: HashMap::new(), open: HashSet::new() };
    let mut total = 0_usize;
    for (_, operation) in document.operations.iter() {
        let size = measure.selection_set(&operation.node.selection_set.node, Place::default())?;
        if operation.node.ty == OperationType::Subscription && !is_one_field(&operation.node.selection_set.node) {
            return Err(RequestError::SubscriptionRootFields);
        }
        if size.own_fields > limits.root_fields_max {
            return Err(RequestError::TooManyRootFields { max: limits.root_fields_max });
        }
        if operation.node.ty == OperationType::Mutation && size.own_fields > limits.mutation_fields_max {
            return Err(RequestError::TooManyMutationFields { max: limits.mutation_fields_max });
        }
        total = measure.within_budget(total.saturating_add(size.selections))?;
    }
    // A fragment that nobody spreads is validated all the same, so it pays as well.
    for name in document.fragments.keys() {
        let size = measure.fragment(name.as_str(), Place::default())?;
        total = measure.within_budget(total.saturating_add(size.selections))?;
    }
    Ok(())
}

/// The library looks for a subscription's field directly below the root only: inside a fragment it would be silent.
fn is_one_field(set: &SelectionSet) -> bool {
    matches!(set.items.as_slice(), [only] if matches!(only.node, Selection::Field(_)))
}

/// How far below the root a selection set stands.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    nesting: usize,
}

/// What a selection set expands to.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Fields, spreads and inline fragments, everything below included.
    selections: usize,
    /// Fields on its own level, through fragments.
    own_fields: usize,
    /// Levels of fields below.
    depth: usize,
    /// Levels of selection sets below, itself included.
    nesting: usize,
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    known: HashMap<&'a str, Size>,
    open: HashSet<&'a str>,
}

impl<'a> Measure<'a> {
    /// Recurses at most `nesting_max` deep, because every call stands one selection set below its caller.
    fn selection_set(&mut self, set: &'a SelectionSet, place: Place) -> Result<Size, RequestError> {
        let here = Place { depth: place.depth, nesting: place.nesting + 1 };
        let mut size = Size { nesting: 1, ..Size::default() };
        self.within_levels(here)?;
        for selection in &set.items {
            let below = match &selection.node {
                Selection::Field(field) => self.field(&field.node.selection_set.node, here)?,
                Selection::InlineFragment(inline) => self.selection_set(&inline.node.selection_set.node, here)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, here)?,
            };
            size.selections = self.within_budget(size.selections.saturating_add(1).saturating_add(below.selections))?;
            size.own_fields = size.own_fields.saturating_add(below.own_fields);
            size.depth = size.depth.max(below.depth);
            size.nesting = size.nesting.max(below.nesting + 1);
        }
        Ok(size)
    }

    fn field(&mut self, set: &'a SelectionSet, place: Place) -> Result<Size, RequestError> {
        let here = Place { depth: place.depth + 1, nesting: place.nesting };
        self.within_levels(here)?;
        if set.items.is_empty() {
            return Ok(Size { own_fields: 1, depth: 1, ..Size::default() });
        }
        let below = self.selection_set(set, here)?;
        Ok(Size { own_fields: 1, depth: below.depth + 1, ..below })
    }

    fn fragment(&mut self, name: &'a str, place: Place) -> Result<Size, RequestError> {
        if let Some(size) = self.known.get(name).copied() {
            self.within_levels(Place { depth: place.depth + size.depth, nesting: place.nesting + size.nesting })?;
            return Ok(size);
        }
        // An unknown fragment is the validator's to name.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        if !self.open.insert(name) {
            return Err(RequestError::FragmentCycle);
        }
        let size = self.selection_set(&fragment.node.selection_set.node, place)?;
        self.open.remove(name);
        self.known.insert(name, size);
        Ok(size)
    }

    fn within_levels(&self, place: Place) -> Result<(), RequestError> {
        if place.depth > self.limits.depth_max {
            return Err(RequestError::TooDeep { max: self.limits.depth_max });
        }
        if place.nesting > self.limits.nesting_max {
            return Err(RequestError::TooDeep { max: self.limits.nesting_max });
        }
        Ok(())
    }

    fn within_budget(&self, selections: usize) -> Result<usize, RequestError> {
        if selections > self.limits.selections_max {
            return Err(RequestError::TooManySelections { max: self.limits.selections_max });
        }
        Ok(selections)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    fn checked(text: &str, limits: Limits) -> Result<(), RequestError> {
        check(&parse_query(text).unwrap(), &limits)
    }

    fn small() -> Limits {
        Limits {
            fragments_max: 2,
            depth_max: 3,
            nesting_max: 5,
            selections_max: 10,
            root_fields_max: 4,
            ..Limits::default()
        }
    }

    #[test]
    fn every_alias_and_every_typename_counts() {
        assert!(checked("{r{a:__typename b:__typename c:x d:x e:x f:x g:x h:x i:x}}", small()).is_ok());
        let refused = Err(RequestError::TooManySelections { max: 10 });
        assert_eq!(checked("{r{a:__typename b:__typename c:x d:x e:x f:x g:x h:x i:x j:x}}", small()), refused);
    }

    #[test]
    fn a_fragment_counts_once_per_spread_and_once_for_itself() {
        assert!(checked("{r{...F ...F}} fragment F on R{a b}", small()).is_ok());
        let refused = Err(RequestError::TooManySelections { max: 10 });
        assert_eq!(checked("{r{...F ...F}} fragment F on R{a b c}", small()), refused);
        assert_eq!(checked("{r} fragment F on R{a b c d e f g h i j}", small()), refused);
    }

    #[test]
    fn the_fragment_bomb_is_refused() {
        let mut text = "{...F0}".to_owned();
        for level in 0..6 {
            let spreads = format!("...F{}", level + 1).repeat(20);
            write!(text, "fragment F{level} on Q{{{spreads}}}").unwrap();
        }
        text.push_str("fragment F6 on Q{__typename}");
        assert!(text.len() < 900);
        assert_eq!(checked(&text, Limits::default()), Err(RequestError::TooManySelections { max: 2_000 }));
    }

    #[test]
    fn a_cycle_is_refused_wherever_it_hides() {
        assert_eq!(checked("{...A} fragment A on Q{...A}", small()), Err(RequestError::FragmentCycle));
        assert_eq!(
            checked("{x} fragment A on Q{...B} fragment B on Q{r{...A}}", small()),
            Err(RequestError::FragmentCycle)
        );
    }

    #[test]
    fn depth_counts_fields_through_fragments_met_before() {
        assert!(checked("{a{b{c}}}", small()).is_ok());
        assert_eq!(checked("{a{b{c{d}}}}", small()), Err(RequestError::TooDeep { max: 3 }));
        assert!(checked("{...F a{...F}} fragment F on Q{b{c}}", small()).is_ok());
        assert_eq!(checked("{...F a{b{...F}}} fragment F on Q{b{c}}", small()), Err(RequestError::TooDeep { max: 3 }));
    }

    #[test]
    fn nesting_counts_selection_sets_that_are_no_fields() {
        assert!(checked("{...{...{...{...{a}}}}}", small()).is_ok());
        assert_eq!(checked("{...{...{...{...{...{a}}}}}}", small()), Err(RequestError::TooDeep { max: 5 }));
        let twice = "{...F ...{...{...{...F}}}} fragment F on Q{...{a}}";
        assert_eq!(checked(twice, small()), Err(RequestError::TooDeep { max: 5 }));
    }

    #[test]
    fn a_chain_of_fragments_is_refused_before_it_is_walked() {
        let mut text = "{...F0}".to_owned();
        for level in 0..200 {
            write!(text, "fragment F{level} on Q{{...F{}}}", level + 1).unwrap();
        }
        let limits = Limits { fragments_max: 200, ..Limits::default() };
        assert_eq!(checked(&text, limits), Err(RequestError::TooDeep { max: limits.nesting_max }));
        let limits = Limits { fragments_max: 199, ..Limits::default() };
        assert_eq!(checked(&text, limits), Err(RequestError::TooManyFragments { max: 199 }));
    }

    #[test]
    fn root_fields_are_counted_through_fragments() {
        assert!(checked("{a b ...{c d}}", small()).is_ok());
        assert_eq!(checked("{a b ...{c d e}}", small()), Err(RequestError::TooManyRootFields { max: 4 }));
        assert_eq!(
            checked("{a ...F ...F} fragment F on Q{c d}", small()),
            Err(RequestError::TooManyRootFields { max: 4 })
        );
    }

    #[test]
    fn a_mutation_has_fewer_root_fields() {
        let fields = |count: usize| "x ".repeat(count);
        let limits = Limits::default();
        assert_eq!(limits.mutation_fields_max, 10);
        assert!(checked(&format!("mutation{{{}}}", fields(10)), limits).is_ok());
        let refused = Err(RequestError::TooManyMutationFields { max: 10 });
        assert_eq!(checked(&format!("mutation{{{}}}", fields(11)), limits), refused);
        assert_eq!(checked(&format!("mutation{{x ...F}} fragment F on M{{{}}}", fields(10)), limits), refused);
        assert!(checked(&format!("{{{}}}", fields(11)), limits).is_ok());
    }

    #[test]
    fn a_subscription_has_one_root_field() {
        assert!(checked("subscription{a}", small()).is_ok());
        assert_eq!(checked("subscription{a b}", small()), Err(RequestError::SubscriptionRootFields));
        assert_eq!(checked("subscription{...{a}}", small()), Err(RequestError::SubscriptionRootFields));
    }
}
