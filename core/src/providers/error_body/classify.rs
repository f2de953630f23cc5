//! What an error means, by its status and by the typed marks in its body. Owns both tables.

use crate::error::ErrorKind;

/// The kind of an error, and whether a retry makes sense.
pub(super) fn classify(status: Option<u16>, marks: &[String]) -> (ErrorKind, bool) {
    let mut kinds = marks.iter().filter_map(|mark| kind_of_mark(mark));
    // Under whichever status: waiting does not fill an account.
    if kinds.clone().any(|kind| kind == ErrorKind::QuotaExceeded) {
        return (ErrorKind::QuotaExceeded, false);
    }
    let (kind, retryable) = match status {
        Some(status) => {
            let (kind, retryable) = kind_of_status(status);
            match kinds.find(|kind| outweighs(*kind, status)) {
                Some(kind) => (kind, false),
                None => (kind, retryable),
            }
        }
        None => kinds
            .next()
            .map_or((ErrorKind::Provider, true), |kind| (kind, false)),
    };
    (
        kind,
        retryable || matches!(kind, ErrorKind::RateLimited | ErrorKind::Overloaded),
    )
}

fn kind_of_status(status: u16) -> (ErrorKind, bool) {
    match status {
        401 => (ErrorKind::Authentication, false),
        // 412 is Portkey's status for a budget that is used up; no request of ours has conditions.
        402 | 412 => (ErrorKind::QuotaExceeded, false),
        403 => (ErrorKind::Permission, false),
        404 | 410 => (ErrorKind::NotFound, false),
        // 409 is lock contention at these providers; 424 is Bedrock's failing model.
        408 | 409 | 424 => (ErrorKind::Provider, true),
        413 => (ErrorKind::TooLarge, false),
        429 => (ErrorKind::RateLimited, true),
        // 498 is Groq's status for "out of capacity", 529 Anthropic's.
        498 | 529 => (ErrorKind::Overloaded, true),
        // 499: a proxy on the way found that the client had closed the connection.
        499 | 501 | 505 => (ErrorKind::Provider, false),
        400..=499 => (ErrorKind::InvalidRequest, false),
        500.. => (ErrorKind::Provider, true),
        ..=399 => (ErrorKind::Protocol, false),
    }
}

/// Where a typed mark is more precise than the status. A 400 is used for wrong keys (Gemini, xAI);
/// a 5xx stays one, whatever else a gateway wrote into it.
fn outweighs(kind: ErrorKind, status: u16) -> bool {
    use ErrorKind::{Authentication, NotFound, Overloaded};
    match status {
        400 => matches!(kind, Authentication | NotFound),
        403 => kind == Authentication,
        429 | 500.. => kind == Overloaded,
        _ => false,
    }
}

/// The kind that a mark stands for, as `document` normalises marks.
pub(super) fn kind_of_mark(mark: &str) -> Option<ErrorKind> {
    Some(match mark {
        "apikeyinvalid"
        | "authentication"
        | "incorrectapikey"
        | "invalidapikey"
        | "invalidauthentication"
        | "unauthenticated"
        | "unauthorized" => ErrorKind::Authentication,
        "accessdenied"
        | "dataresidencymismatch"
        | "forbidden"
        | "permission"
        | "permissiondenied" => ErrorKind::Permission,
        "deploymentnotfound" | "modelnotfound" | "notfound" => ErrorKind::NotFound,
        "arrearage"
        | "billing"
        | "billinghardlimitreached"
        | "billingnotactive"
        | "accountoverdue"
        | "creditsexhausted"
        | "exceededcurrentquota"
        | "insufficientbalance"
        | "insufficientcredits"
        | "insufficientfunds"
        | "insufficientquota"
        | "insufficientuserquota"
        | "notenoughbalance"
        | "notenoughcredits"
        | "outofcredits"
        | "paymentrequired"
        | "quotaexceeded" => ErrorKind::QuotaExceeded,
        "ratelimit" | "ratelimited" | "ratelimitexceeded" | "ratelimitreached"
        | "resourceexhausted" | "throttling" | "toomanyrequests" => ErrorKind::RateLimited,
        "engineoverloaded" | "modelnotready" | "modeloverloaded" | "overloaded"
        | "serveroverloaded" | "unavailable" => ErrorKind::Overloaded,
        "requesttoolarge" => ErrorKind::TooLarge,
        // Those of images, policies and prompts are of OpenAI's responses (`ResponseError.code`).
        "badrequest"
        | "biopolicy"
        | "contentfilter"
        | "contextlengthexceeded"
        | "emptyimagefile"
        | "failedtodownloadimage"
        | "imagecontentpolicyviolation"
        | "imagefilenotfound"
        | "imagefiletoolarge"
        | "imageparse"
        | "imagetoolarge"
        | "imagetoosmall"
        | "invalidargument"
        | "invalidbase64image"
        | "invalidimage"
        | "invalidimageformat"
        | "invalidimagemode"
        | "invalidimageurl"
        | "invalidprompt"
        | "invalidrequest"
        | "misalignmentpolicyviolation"
        | "toolusefailed"
        | "toomanytokens"
        | "unsupportedimagemediatype"
        | "unsupportedparameter"
        | "unsupportedvalue"
        | "validation" => ErrorKind::InvalidRequest,
        _ => return None,
    })
}
