//! What each key of a synchronisation schema holds, as data for the lenient reader.
//!
//! The names are Graph's. A key that is not here is kept as it stands.

/// What a key holds.
#[derive(Debug)]
pub(super) enum Shape {
    /// A text; numbers and booleans are taken for one.
    Text,
    /// A text that is often JSON itself; any other value is written as that.
    JsonText,
    /// True or false; the words and the digits are taken too.
    Flag,
    /// A whole number; one in quotes is taken too.
    Number,
    /// One of these names, in any case, or its place in the list.
    Name(&'static [&'static str]),
    /// Several of these names in one text, joined by commas; the first stands for 1, the next for 2, 4, 8.
    Names(&'static [&'static str]),
    /// Anything, which is kept as it is.
    Any,
    /// An object with these keys.
    Object(&'static Object),
    /// A list; a single value is taken for a list of one.
    List(&'static Shape),
}

/// The keys of an object.
#[derive(Debug)]
pub(super) struct Object(pub(super) &'static [(&'static str, Shape)]);

use Shape::{Any, Flag, JsonText, List, Name, Names, Number, Text};

/// The whole document.
pub(super) static SCHEMA: Object = Object(&[
    ("id", Text),
    ("version", Text),
    ("directories", List(&Shape::Object(&DIRECTORY))),
    ("synchronizationRules", List(&Shape::Object(&RULE))),
]);

static DIRECTORY: Object = Object(&[
    ("id", Text),
    ("name", Text),
    ("version", Text),
    ("readOnly", Flag),
    ("discoverabilities", Names(&DISCOVERABILITIES)),
    ("discoveryDateTime", Text),
    ("objects", List(&Shape::Object(&OBJECT))),
]);

static OBJECT: Object = Object(&[
    ("name", Text),
    ("attributes", List(&Shape::Object(&ATTRIBUTE))),
    ("metadata", List(&Shape::Object(&KEY_VALUE))),
    ("supportedApis", List(&Text)),
]);

static ATTRIBUTE: Object = Object(&[
    ("name", Text),
    ("type", Name(&ATTRIBUTE_TYPES)),
    ("anchor", Flag),
    ("caseExact", Flag),
    ("defaultValue", JsonText),
    ("flowNullValues", Flag),
    ("multivalued", Flag),
    ("mutability", Name(&MUTABILITIES)),
    ("required", Flag),
    ("apiExpressions", List(&Shape::Object(&KEY_VALUE))),
    ("metadata", List(&Shape::Object(&KEY_VALUE))),
    ("referencedObjects", List(&Shape::Object(&REFERENCED))),
]);

static REFERENCED: Object = Object(&[("referencedObjectName", Text), ("referencedProperty", Text)]);

static RULE: Object = Object(&[
    ("id", Text),
    ("name", Text),
    ("editable", Flag),
    ("priority", Number),
    ("sourceDirectoryName", Text),
    ("targetDirectoryName", Text),
    ("containerFilter", Any),
    ("groupFilter", Any),
    ("objectMappings", List(&Shape::Object(&OBJECT_MAPPING))),
    ("metadata", List(&Shape::Object(&KEY_VALUE))),
]);

static OBJECT_MAPPING: Object = Object(&[
    ("name", Text),
    ("enabled", Flag),
    ("flowTypes", Names(&FLOW_TYPES)),
    ("sourceObjectName", Text),
    ("targetObjectName", Text),
    ("scope", Shape::Object(&FILTER)),
    ("attributeMappings", List(&Shape::Object(&ATTRIBUTE_MAPPING))),
    ("metadata", List(&Shape::Object(&KEY_VALUE))),
]);

static ATTRIBUTE_MAPPING: Object = Object(&[
    ("targetAttributeName", Text),
    ("source", Shape::Object(&SOURCE)),
    ("defaultValue", JsonText),
    ("flowBehavior", Name(&FLOW_BEHAVIOURS)),
    ("flowType", Name(&ATTRIBUTE_FLOW_TYPES)),
    ("matchingPriority", Number),
    ("exportMissingReferences", Flag),
    ("flowNullValues", Flag),
]);

static SOURCE: Object = Object(&[
    ("type", Name(&SOURCE_TYPES)),
    ("name", Text),
    ("expression", Text),
    ("parameters", List(&Shape::Object(&PARAMETER))),
]);

static PARAMETER: Object = Object(&[("key", Text), ("value", Shape::Object(&SOURCE))]);

static FILTER: Object = Object(&[
    ("groups", List(&Shape::Object(&GROUP))),
    ("inputFilterGroups", List(&Shape::Object(&GROUP))),
    ("categoryFilterGroups", List(&Shape::Object(&GROUP))),
]);

static GROUP: Object = Object(&[("name", Text), ("clauses", List(&Shape::Object(&CLAUSE)))]);

static CLAUSE: Object = Object(&[
    ("sourceOperandName", Text),
    ("operatorName", Text),
    ("targetOperand", Shape::Object(&OPERAND)),
]);

static OPERAND: Object = Object(&[("values", List(&Text))]);

static KEY_VALUE: Object = Object(&[("key", Text), ("value", JsonText)]);

static FLOW_TYPES: [&str; 3] = ["Add", "Update", "Delete"];
static DISCOVERABILITIES: [&str; 5] = [
    "AttributeNames",
    "AttributeDataTypes",
    "AttributeReadOnly",
    "ReferenceAttributes",
    "UnknownFutureValue",
];
static ATTRIBUTE_TYPES: [&str; 6] =
    ["String", "Integer", "Reference", "Binary", "Boolean", "DateTime"];
static MUTABILITIES: [&str; 4] = ["ReadWrite", "ReadOnly", "Immutable", "WriteOnly"];
static FLOW_BEHAVIOURS: [&str; 2] = ["FlowWhenChanged", "FlowAlways"];
static ATTRIBUTE_FLOW_TYPES: [&str; 5] =
    ["Always", "ObjectAddOnly", "MultiValueAddOnly", "ValueAddOnly", "AttributeAddOnly"];
static SOURCE_TYPES: [&str; 3] = ["Attribute", "Constant", "Function"];
