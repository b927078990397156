//! What AWS can be asked for.

use std::fmt;
use std::sync::Arc;

use crate::consul::QuerySyntaxError;

/// One thing that AWS can be asked for. An ARN is asked for in its own region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AwsQuery {
    /// `ssm "name"`: a parameter, decrypted.
    Parameter {
        /// As `GetParameter` takes it: a name or an ARN, with `:3` or `:label` behind it where one is meant.
        name: Arc<str>,
    },
    /// `ssmTree "/path"`: all parameters below a path, decrypted.
    Parameters {
        /// Begins with a slash, and ends in none unless it is nothing else.
        path: Arc<str>,
    },
    /// `awsSecret "name"`: a secret of Secrets Manager.
    Secret {
        /// A name or an ARN.
        id: Arc<str>,
        /// The label of the version that is meant; empty for the current one.
        stage: Arc<str>,
    },
}

impl AwsQuery {
    /// A parameter: a name or an ARN, with a version or a label behind a colon where one is meant.
    ///
    /// # Errors
    /// When there is no name.
    pub fn parameter(text: &str) -> Result<Self, QuerySyntaxError> {
        Ok(Self::Parameter { name: bare("aws.ssm", text)?.into() })
    }

    /// All parameters below a path.
    ///
    /// # Errors
    /// When the path does not begin with a slash.
    pub fn parameters(text: &str) -> Result<Self, QuerySyntaxError> {
        let path = bare("aws.ssm.tree", text)?;
        if !path.starts_with('/') {
            return Err(invalid("aws.ssm.tree", text));
        }
        let path = Some(path.trim_end_matches('/')).filter(|path| !path.is_empty()).unwrap_or("/");
        Ok(Self::Parameters { path: path.into() })
    }

    /// A secret: a name or an ARN; `stage` is the label of the version that is meant, empty for the current one.
    ///
    /// # Errors
    /// When there is no name.
    pub fn secret(text: &str, stage: &str) -> Result<Self, QuerySyntaxError> {
        Ok(Self::Secret { id: bare("aws.secret", text)?.into(), stage: stage.trim().into() })
    }
}

impl fmt::Display for AwsQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter { name } => write!(formatter, "aws.ssm({name})"),
            Self::Parameters { path } => write!(formatter, "aws.ssm.tree({path})"),
            Self::Secret { id, stage } if stage.is_empty() => write!(formatter, "aws.secret({id})"),
            Self::Secret { id, stage } => write!(formatter, "aws.secret({id}|{stage})"),
        }
    }
}

fn bare<'text>(kind: &'static str, text: &'text str) -> Result<&'text str, QuerySyntaxError> {
    Some(text.trim()).filter(|name| !name.is_empty()).ok_or_else(|| invalid(kind, text))
}

fn invalid(kind: &'static str, text: &str) -> QuerySyntaxError {
    QuerySyntaxError::Format { kind, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_after_its_function() {
        let shown = |query: Result<AwsQuery, QuerySyntaxError>| query.unwrap().to_string();
        assert_eq!(shown(AwsQuery::parameter(" /app/port:3 ")), "aws.ssm(/app/port:3)");
        assert_eq!(shown(AwsQuery::parameters("/app/")), "aws.ssm.tree(/app)");
        assert_eq!(shown(AwsQuery::parameters("//")), "aws.ssm.tree(/)");
        assert_eq!(shown(AwsQuery::secret("app/db", "")), "aws.secret(app/db)");
        assert_eq!(shown(AwsQuery::secret("app/db", "AWSPREVIOUS")), "aws.secret(app/db|AWSPREVIOUS)");
    }

    #[test]
    fn nothing_and_a_path_without_its_slash_are_refused() {
        assert!(AwsQuery::parameter(" ").is_err());
        assert!(AwsQuery::secret("", "").is_err());
        let error = AwsQuery::parameters("app").unwrap_err();
        assert_eq!(error.to_string(), "aws.ssm.tree: invalid format: \"app\"");
    }
}
