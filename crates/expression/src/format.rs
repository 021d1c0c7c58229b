//! Lays out an expression over several lines, for people to read.
//!
//! What fits in the width stands on one line. A function that does not has each parameter on a line of its own,
//! indented; the keys of `Switch` stand beside their values. The layout depends on the expression alone, so
//! laying out twice changes nothing.

use crate::syntax::{Call, Kind, Node};

/// How far each level is indented.
const INDENT: usize = 4;

/// The expression in lines of `width` characters, where its texts and names admit that.
pub(crate) fn format(root: &Node, width: usize) -> String {
    let mut layout = Layout { out: String::new(), width };
    layout.node(root, 0, 0);
    layout.out
}

struct Layout {
    out: String,
    width: usize,
}

impl Layout {
    /// Writes a node that begins at `column` in a line indented by `indent`.
    fn node(&mut self, node: &Node, indent: usize, column: usize) {
        let flat = node.to_string();
        if column + flat.chars().count() < self.width {
            self.out.push_str(&flat);
            return;
        }
        match &node.kind {
            Kind::Call(call) if !call.arguments.is_empty() => self.call(call, indent),
            Kind::Concatenation(operands) => {
                for (index, operand) in operands.iter().enumerate() {
                    if index > 0 {
                        self.line(indent);
                        self.out.push_str("& ");
                    }
                    self.node(operand, indent, indent + 2);
                }
            }
            Kind::Comparison { operator, left, right } => {
                self.node(left, indent, column);
                self.out.push(' ');
                self.out.push_str(operator.sign());
                self.out.push(' ');
                self.node(right, indent, self.column());
            }
            _ => self.out.push_str(&flat),
        }
    }

    fn call(&mut self, call: &Call, indent: usize) {
        self.out.push_str(call.function.name);
        self.out.push('(');
        let inner = indent + INDENT;
        let slots = call.slots();
        let mut index = 0;
        while index < slots.len() {
            let (pair, is_last) = (slots.get(index..index + 2), slots.len() <= index + 2);
            if index + 1 < slots.len() || slots[index].is_some() {
                self.line(inner);
            }
            match pair.filter(|_| is_key(call, index)).map(flat_pair) {
                Some(flat) if inner + flat.chars().count() < self.width => {
                    self.out.push_str(&flat);
                    self.out.push_str(if is_last { "" } else { "," });
                    index += 2;
                }
                _ => {
                    if let Some(argument) = slots[index] {
                        self.node(argument, inner, inner);
                    }
                    index += 1;
                    self.out.push_str(if index == slots.len() { "" } else { "," });
                }
            }
        }
        self.line(indent);
        self.out.push(')');
    }

    fn line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn column(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }
}

/// Whether the parameter at a place is a key whose value follows.
fn is_key(call: &Call, index: usize) -> bool {
    let fixed = call.function.fixed();
    let repeating = call.function.parameters.len() - fixed;
    repeating == 2 && index >= fixed && (index - fixed).is_multiple_of(2)
}

fn flat_pair(pair: &[Option<&Node>]) -> String {
    let texts = pair.iter().map(|slot| slot.map_or(String::new(), Node::to_string));
    texts.collect::<Vec<_>>().join(", ")
}
