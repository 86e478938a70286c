//! The settings that only this service has.

use url::Url;

/// Where mails go out.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// The mail server, `smtp://host:port`. TLS is the business of the relay beside us.
    #[arg(long, env = "SMTP_URL")]
    pub smtp_url: Url,
    /// The sender of all mails.
    #[arg(long, env = "MAIL_FROM", default_value = "Flotilla <shop@flotilla.test>")]
    pub mail_from: String,
}
