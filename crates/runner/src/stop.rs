//! The request to stop, which takes effect between two objects.

use tokio::sync::watch;

/// The side that asks to stop. Dropping it asks too.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// The side that obeys.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// Makes the two sides.
#[must_use]
pub fn pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until somebody asks.
    pub async fn asked(&mut self) {
        while !self.is_asked() {
            if self.0.changed().await.is_err() {
                return;
            }
        }
    }
}
