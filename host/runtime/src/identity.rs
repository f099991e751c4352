//! Identities: who signs in a person or a machine, and hands tokens to the sources that were granted them. The host stands
//! between the two. A question to an identity runs in a task of its own, with its own deadline: a caller that stops
//! waiting does not end it, because a refresh that is cut off after the issuer answered would lose the session. Callers
//! who want the same wait for the same task. The session is the plugin's and its alone.
//!
//! What does not live here: the plugin's exports (`component::identity`), what a source may ask (`policy`).

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use harmony_config_core::{Blame, Failure, FailureCode, Interaction};
use serde_json::Value;
use tokio::sync::watch;

use crate::{
    ComponentSource,
    capability::sign_ins::SignIns,
    component::{Asked, Attention, Clock, Token, Watch},
    limits,
};

/// What is under way in this process, whoever waits for it.
static UNDER_WAY: Mutex<Vec<Flight>> = Mutex::new(Vec::new());

/// Waits for what is under way in this process and must not be cut off: an identity that is renewing its session. To be
/// called before a program ends that may have stopped waiting for a source, as one does whose deadline is over. Where
/// nothing of the kind is under way it takes no time, and in any case it takes no longer than
/// [`limits::IDENTITY_TIMEOUT`](crate::limits::IDENTITY_TIMEOUT).
///
/// ```no_run
/// # async fn run() {}
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     run().await;
///     harmony_config_host::settle().await;
/// }
/// ```
pub async fn settle() {
    let all = async {
        let flights = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for Flight { answer, watch } in flights {
            let mut still = watch.join();
            tokio::select! {
                _ = answer => {}
                // A person is asked, and whoever asked does not wait for the answer any more.
                _ = still.wait_for(|still| *still) => {}
            }
        }
    };
    let _ = tokio::time::timeout(limits::IDENTITY_TIMEOUT, all).await;
}

/// A plugin that signs somebody in: made by [`SourceBuilder::build_identity`](crate::SourceBuilder::build_identity).
/// Cheap to clone: clones are the same identity.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
}

struct Inner {
    source: ComponentSource,
    sign_ins: SignIns,
    under_way: Mutex<HashMap<Asked, Flight>>,
    /// One question at a time may have a person asked.
    asking: tokio::sync::Mutex<()>,
    /// The person was asked in this process, in vain: they are not asked again.
    offered: AtomicBool,
}

/// A question that is under way.
#[derive(Clone)]
struct Flight {
    answer: Answer,
    watch: Watch,
}

type Answer = Shared<BoxFuture<'static, Result<Token, Failure>>>;

impl Identity {
    pub(crate) fn new(source: ComponentSource, sign_ins: SignIns) -> Self {
        let inner = Inner {
            source,
            sign_ins,
            under_way: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            offered: AtomicBool::new(false),
        };
        Identity { inner: Arc::new(inner) }
    }

    /// The plugin, as the source that it is besides.
    pub fn source(&self) -> &ComponentSource {
        &self.inner.source
    }

    /// Signs in anew, whoever is signed in, and answers who it is: an object with `subject`, and what else is known.
    ///
    /// # Errors
    /// `interaction-required` where nobody can be asked, `cancelled` where the person said no, `denied` where the issuer
    /// did, and as the plugin says.
    pub async fn sign_in(&self) -> Result<Value, Failure> {
        // A machine needs nobody.
        let nobody = self.inner.source.nobody();
        let asked = Asked { audience: None, may_ask: nobody.is_none() };
        let inner = Arc::clone(&self.inner);
        // In a task of its own as well: a code that was confirmed is not thrown away.
        let task = tokio::spawn(async move {
            let who = inner.source.sign_in(&asked).await?;
            inner.offered.store(false, Ordering::Release);
            // Whoever it is: what was kept before is not theirs.
            inner.sign_ins.ended().map_err(|error| not_forgotten(&error))?;
            Ok(who)
        });
        let signed_in = task.await.unwrap_or_else(|_| Err(broke_off()));
        match (signed_in, nobody) {
            (Err(failure), Some(nobody)) if failure.code == FailureCode::InteractionRequired => {
                Err(Failure { message: format!("{}: {}", failure.message, nobody.message), ..failure }
                    .with_remedy("run it in a terminal; a machine signs in with a key, see docs/zitadel.md"))
            }
            (signed_in, _) => signed_in,
        }
    }

    /// Ends the session, at the issuer too where it takes that back, and answers what was done, one finding a line. What
    /// sources kept for whoever was signed in is not found again.
    ///
    /// # Errors
    /// As the plugin says.
    pub async fn sign_out(&self) -> Result<Vec<String>, Failure> {
        // First of all: whatever else goes wrong, no source goes on with what it has.
        self.inner.sign_ins.ended().map_err(|error| not_forgotten(&error))?;
        let done = self.inner.source.sign_out().await;
        // And once more: somebody may have got a token while the issuer was asked.
        self.inner.sign_ins.ended().map_err(|error| not_forgotten(&error))?;
        done
    }

    /// Who is signed in, as far as the session tells; none where nobody is. It asks no server.
    ///
    /// # Errors
    /// As the plugin says.
    pub async fn who(&self) -> Result<Option<Value>, Failure> {
        self.inner.source.who().await
    }

    /// Which sign-in there is.
    pub(crate) fn current(&self) -> Option<String> {
        self.inner.sign_ins.current()
    }

    /// A token for a source. `clock` is that of the call that wants it.
    pub(crate) async fn token(
        &self,
        audience: Option<&str>,
        interaction: Interaction,
        clock: &Arc<Clock>,
    ) -> Result<Token, Failure> {
        // Where nobody is, no sign-in is begun for them.
        let may_ask = interaction == Interaction::Allowed && self.inner.source.nobody().is_none();
        let offered = may_ask && self.inner.offered.load(Ordering::Acquire);
        let asked = Asked { audience: audience.map(str::to_owned), may_ask: may_ask && !offered };
        let (answer, still) = self.flight(asked);
        let answer = wait(answer, still, clock).await;
        answer.map_err(|failure| match (failure.code, offered) {
            (FailureCode::InteractionRequired, true) => Failure {
                message: format!("{} (it was offered once, and is not offered again)", failure.message),
                ..failure
            },
            _ => failure,
        })
    }

    /// The question that is under way, or a new one; and what this caller is told of it.
    fn flight(&self, asked: Asked) -> (Answer, watch::Receiver<bool>) {
        let mut under_way = self.under_way();
        if let Some(Flight { answer, watch }) = under_way.get(&asked) {
            return (answer.clone(), watch.join());
        }
        let (watch, still) = Watch::new();
        let taken_off = TakenOff { inner: Arc::clone(&self.inner), asked: asked.clone() };
        let watched = watch.clone();
        let task = tokio::spawn(async move {
            let TakenOff { inner, asked } = &taken_off;
            inner.ask(asked, watched).await
        });
        let answer = async move { task.await.unwrap_or_else(|_| Err(broke_off())) }.boxed().shared();
        let flight = Flight { answer: answer.clone(), watch };
        under_way.insert(asked, flight.clone());
        let mut all = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|flight| flight.answer.peek().is_none());
        all.push(flight);
        (answer, still)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Asked, Flight>> {
        self.inner.under_way()
    }
}

impl Inner {
    async fn ask(&self, asked: &Asked, watch: Watch) -> Result<Token, Failure> {
        let mut asked = asked.clone();
        let _asking = match asked.may_ask {
            true => {
                // Whoever was asked meanwhile is not asked again.
                let asking = self.asking.lock().await;
                asked.may_ask = !self.offered.load(Ordering::Acquire);
                Some(asking)
            }
            false => None,
        };
        match self.source.token(&asked, watch.clone()).await {
            Ok(token) => Ok(Token { sign_in: self.sign_ins.seen(&token.subject), ..token }),
            Err(failure) => {
                if watch.attended() {
                    self.offered.store(true, Ordering::Release);
                }
                // Nobody is signed in any more: then nothing that was kept for them is used again.
                if failure.code == FailureCode::InteractionRequired
                    && let Err(error) = self.sign_ins.ended()
                {
                    tracing::debug!("{}", not_forgotten(&error));
                }
                Err(failure)
            }
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Asked, Flight>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a question off the list when its task ends, in whatever way: answered, panicked, or gone with its runtime.
struct TakenOff {
    inner: Arc<Inner>,
    asked: Asked,
}

impl Drop for TakenOff {
    fn drop(&mut self) {
        let taken = self.inner.under_way().remove(&self.asked);
        drop(taken);
    }
}

/// Waits for the answer; the caller's clock stands still while nobody's time runs.
async fn wait(mut answer: Answer, mut still: watch::Receiver<bool>, clock: &Arc<Clock>) -> Result<Token, Failure> {
    let mut attention: Option<Attention> = still.borrow_and_update().then(|| clock.attend());
    loop {
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            changed = still.changed() => match changed {
                Ok(()) => attention = still.borrow_and_update().then(|| clock.attend()),
                // It is done, or about to be.
                Err(_) => {
                    drop(attention);
                    return answer.await;
                }
            },
        }
    }
}

fn not_forgotten(error: &std::io::Error) -> Failure {
    Failure::new(
        FailureCode::Unavailable,
        format!("what sources keep for whoever was signed in is not forgotten: {error}"),
    )
    .with_remedy("see that the folder of the sessions can be written, and try again")
    .blamed_on(Blame::Host)
}

fn broke_off() -> Failure {
    Failure::new(FailureCode::Unavailable, "signing in broke off").with_remedy("try again").blamed_on(Blame::Host)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("source", &self.inner.source).finish_non_exhaustive()
    }
}
