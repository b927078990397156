//! Amazon S3: one key of a bucket.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use preflight_contract::Attribute;

use crate::checkers::aws::{Service, Session, Settings, needed};
use crate::kinds::s3 as kind;
use crate::{Checker, Failure, Item, Probe};

static SERVICE: Service = Service {
    classes: &kind::AWS,
    codes: &[
        ("NoSuchBucket", &kind::NO_SUCH_BUCKET),
        ("NoSuchKey", &kind::NO_SUCH_KEY),
        ("NotFound", &kind::NO_SUCH_KEY),
        ("PermanentRedirect", &kind::WRONG_REGION),
        ("TemporaryRedirect", &kind::WRONG_REGION),
        ("AuthorizationHeaderMalformed", &kind::WRONG_REGION),
        ("IllegalLocationConstraintException", &kind::WRONG_REGION),
        ("301", &kind::WRONG_REGION),
    ],
};

/// Proves that a bucket may be read.
pub(crate) struct S3;

#[async_trait]
impl Checker for S3 {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let bucket = needed(item, Attribute::Bucket, "bucket")?;
        let mut session = Session::open(item, &SERVICE, probe, Settings::of(item)?).await?;
        // A bucket in the host's name would be another host to resolve for each, and no name for a certificate where
        // it has dots.
        let client = Client::from_conf(Builder::from(session.config()).force_path_style(true).build());
        let path = item.attribute(Attribute::Path).map(|path| path.trim_start_matches('/').to_owned());
        let look = Look { client: &client, bucket: &bucket, path: path.as_deref() };
        match look.list(&mut session, probe).await {
            Ok(()) => look.region(&mut session, probe).await,
            Err(denied) if denied.class == &kind::ACCESS_DENIED => {
                look.object(&mut session, probe, denied).await
            }
            Err(failure) => Err(failure),
        }
    }
}

struct Look<'a> {
    client: &'a Client,
    bucket: &'a str,
    path: Option<&'a str>,
}

impl Look<'_> {
    async fn list(&self, session: &mut Session<'_>, probe: &mut Probe) -> Result<(), Failure> {
        let prefix = self.path.filter(|path| !path.is_empty()).map(str::to_owned);
        let action = format!("s3:ListBucket on {}/{}", self.bucket, prefix.as_deref().unwrap_or_default());
        let call = self.client.list_objects_v2().bucket(self.bucket).set_prefix(prefix).max_keys(1).send();
        let found = session.ask(probe, action.trim_end_matches('/'), call).await?;
        if found.name().is_none() {
            return Err(session.unlike("a list without a bucket's name"));
        }
        probe.fact("keys", if found.key_count().unwrap_or_default() > 0 { "some" } else { "none" });
        Ok(())
    }

    /// Where the bucket is: worth knowing, but who may list only below a prefix may not ask.
    async fn region(&self, session: &mut Session<'_>, probe: &mut Probe) -> Result<(), Failure> {
        let action = format!("s3:ListBucket on {}", self.bucket);
        let asked = session.ask(probe, &action, self.client.head_bucket().bucket(self.bucket).send()).await;
        match asked {
            Ok(found) => {
                if let Some(region) = found.bucket_region() {
                    probe.fact("region", region);
                }
                Ok(())
            }
            Err(denied) if denied.class == &kind::ACCESS_DENIED => {
                probe.leave();
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Who may not list may still read the object that `PATH` names.
    async fn object(
        &self,
        session: &mut Session<'_>,
        probe: &mut Probe,
        denied: Failure,
    ) -> Result<(), Failure> {
        let Some(key) = self.path.filter(|path| !path.is_empty() && !path.ends_with('/')) else {
            return Err(denied);
        };
        let action = format!("s3:GetObject on {}/{key}", self.bucket);
        let call = self.client.head_object().bucket(self.bucket).key(key).send();
        match session.ask(probe, &action, call).await {
            Ok(_) => Ok(()),
            // Denied both: listing is the first that broke, and tells more.
            Err(failure) if failure.class == &kind::ACCESS_DENIED => Err(denied),
            Err(failure) => Err(failure),
        }
    }
}
