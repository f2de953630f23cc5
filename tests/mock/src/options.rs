//! The command line. Owns names and defaults; refuses what it does not know.

use std::path::PathBuf;
use std::time::Duration;

pub const USAGE: &str = "liter-llm-mock [--http-port 0] [--vectors DIR] [--recordings DIR] \
[--tls] [--h2-max-streams 100] [--lifetime-seconds 600]";

#[derive(Debug, PartialEq)]
pub struct Options {
    /// 0 lets the system choose.
    pub http_port: u16,
    pub vectors: Option<PathBuf>,
    pub recordings: Option<PathBuf>,
    pub tls: bool,
    pub h2_streams_max: u32,
    pub lifetime: Duration,
}

impl Options {
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            http_port: 0,
            vectors: None,
            recordings: None,
            tls: false,
            h2_streams_max: 100,
            lifetime: Duration::from_secs(600),
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            if name == "--tls" {
                options.tls = true;
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name}: unknown, or without a value; usage: {USAGE}"))?;
            match name.as_str() {
                "--http-port" => options.http_port = number(&name, &value)?,
                "--vectors" => options.vectors = Some(value.into()),
                "--recordings" => options.recordings = Some(value.into()),
                "--h2-max-streams" => options.h2_streams_max = number(&name, &value)?,
                "--lifetime-seconds" => {
                    options.lifetime = Duration::from_secs(number(&name, &value)?);
                }
                _ => return Err(format!("{name}: unknown option; usage: {USAGE}")),
            }
        }
        Ok(options)
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{name} {value}: not a number in range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let options = parse(
            "--http-port 81 --vectors v --recordings r --tls --h2-max-streams 3 \
             --lifetime-seconds 9",
        );

        assert_eq!(
            options,
            Ok(Options {
                http_port: 81,
                vectors: Some("v".into()),
                recordings: Some("r".into()),
                tls: true,
                h2_streams_max: 3,
                lifetime: Duration::from_secs(9),
            })
        );
    }

    #[test]
    fn a_wrong_option_is_named() {
        assert!(parse("--port 1").is_err_and(|message| message.contains("--port")));
        assert!(parse("--http-port x").is_err_and(|message| message.contains("--http-port x")));
        assert!(parse("--vectors").is_err_and(|message| message.contains("--vectors")));
    }
}
