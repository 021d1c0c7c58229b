//! Pages of entities, as the platform lists them.

use axum::Json;
use serde_json::{Value, json};

use super::{
    PlatformError,
    request::{Given, Parameters, misfit},
};

/// Entities in a page if the client does not say: the vendor's number.
const PAGE_SIZE_DEFAULT: usize = 25;

/// The most entities in a page.
const PAGE_SIZE_MAX: usize = 500;

/// Which page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    pub(super) size: usize,
    /// From 1.
    pub(super) number: usize,
}

impl Paging {
    /// Reads `pageSize` and `pageNumber` of a query.
    pub(super) fn of(parameters: &Parameters) -> Result<Self, PlatformError> {
        let number = |name: &str| match parameters.get(name) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| misfit(name, "a whole number")),
        };
        Self::new(number("pageSize")?, number("pageNumber")?)
    }

    /// Reads `pageSize` and `pageNumber` of a body.
    pub(super) fn given(given: &Given) -> Result<Self, PlatformError> {
        let number = |name: &str| {
            let number = given.number(name)?;
            number
                .map(|number| usize::try_from(number).map_err(|_| misfit(name, "a whole number")))
                .transpose()
        };
        Self::new(number("pageSize")?, number("pageNumber")?)
    }

    fn new(size: Option<usize>, number: Option<usize>) -> Result<Self, PlatformError> {
        let size = size.unwrap_or(PAGE_SIZE_DEFAULT);
        let number = number.unwrap_or(1);
        if size == 0 || size > PAGE_SIZE_MAX || number == 0 {
            return Err(PlatformError::bad_request(format!(
                "\"pageSize\" must be from 1 to {PAGE_SIZE_MAX}, \"pageNumber\" 1 or more"
            )));
        }
        Ok(Self { size, number })
    }

    /// How many entities come before the page.
    pub(super) fn offset(self) -> usize {
        self.size.saturating_mul(self.number - 1)
    }

    /// The page of all entities.
    pub(super) fn of_all<T>(self, all: Vec<T>) -> (usize, Vec<T>) {
        let total = all.len();
        (total, all.into_iter().skip(self.offset()).take(self.size).collect())
    }

    /// The page as it is sent.
    pub(super) fn entities(self, path: &str, total: usize, entities: Vec<Value>) -> Json<Value> {
        let count = self.count(total);
        let uri = |number: usize| format!("{path}?pageSize={}&pageNumber={number}", self.size);
        let mut page = json!({
            "entities": null,
            "pageSize": self.size,
            "pageNumber": self.number,
            "total": total,
            "firstUri": uri(1),
            "selfUri": uri(self.number),
            "lastUri": uri(count.max(1)),
            "pageCount": count,
        });
        page["entities"] = Value::Array(entities);
        if self.number < count {
            page["nextUri"] = uri(self.number + 1).into();
        }
        if self.number > 1 {
            page["previousUri"] = uri(self.number - 1).into();
        }
        Json(page)
    }

    /// The page of a search as it is sent.
    pub(super) fn results(self, kind: &str, total: usize, results: Vec<Value>) -> Json<Value> {
        let mut page = json!({
            "total": total,
            "pageCount": self.count(total),
            "pageSize": self.size,
            "pageNumber": self.number,
            "types": [kind],
            "results": null,
        });
        page["results"] = Value::Array(results);
        Json(page)
    }

    fn count(self, total: usize) -> usize {
        total.div_ceil(self.size)
    }
}
