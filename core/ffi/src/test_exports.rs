//! The export of test builds, feature `test-panic`: `llm_test_panic` is never in the header. Called
//! by tests through C.

use crate::error;
use crate::process;
use crate::test_panic;
use crate::types::{LlmClient, LlmError};

/// Stream 0: the calling thread's next call of any export panics inside. Else: that stream's task
/// panics as soon as it is woken.
///
/// # Safety
/// None is needed; the handle is only looked up.
#[no_mangle]
pub unsafe extern "C" fn llm_test_panic(client: *mut LlmClient, stream: u64) -> LlmError {
    if stream == 0 {
        test_panic::arm();
        return 0;
    }
    error::guard(|| {
        if let Some(control) = process::find(client.addr())?.streams.control(stream) {
            control.panic();
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::stress::{open, poll_until_end, serve, start, Caller};
    use crate::tests::time_limit::TimeLimit;
    use crate::*;
    use std::sync::Arc;

    const NULL: *mut LlmClient = std::ptr::null_mut();

    fn arm() {
        // SAFETY: see llm_test_panic.
        assert_eq!(unsafe { llm_test_panic(NULL, 0) }, LLM_ERROR_OK);
    }

    #[test]
    fn a_panic_in_any_export_becomes_internal() {
        let _limit = TimeLimit::begin();
        let text = c"{}".as_ptr();
        let none = std::ptr::null_mut();
        let (mut client, mut events) = (NULL, std::ptr::null());
        // SAFETY: texts with their NUL, places for one pointer, and a client that is NULL.
        let exports: [&mut dyn FnMut() -> LlmError; 6] = unsafe {
            [
                &mut || llm_invoke(text, text, None, none),
                &mut || llm_client_new(text, None, none, &mut client),
                &mut || llm_client_start(NULL, 1, text, text),
                &mut || llm_client_cancel(NULL, 1),
                &mut || llm_client_consumed(NULL, 1, 1),
                &mut || llm_client_close(NULL),
            ]
        };
        for export in exports {
            arm();
            assert_eq!(export(), LLM_ERROR_INTERNAL);
            assert_ne!(export(), LLM_ERROR_INTERNAL);
        }
        arm();
        // SAFETY: as above.
        assert_eq!(unsafe { llm_client_poll(NULL, 0, &mut events) }, 0);
        arm();
        // SAFETY: as above.
        unsafe { llm_client_free(client) };
        arm();
        // SAFETY: -1 is not a descriptor.
        unsafe { llm_wake_fd(std::ptr::without_provenance_mut(usize::MAX)) };
        arm();
        assert!(!llm_error_name(1).is_null());
        arm();
        assert!(!llm_last_error().is_null());
        // SAFETY: as above.
        unsafe { llm_client_free(client) };
    }

    #[test]
    fn a_panic_of_one_stream_ends_it_alone() {
        let _limit = TimeLimit::begin();
        let caller = Arc::new(Caller::default());
        let client = open(&serve(), &caller);
        assert_eq!(start(client, 1), LLM_ERROR_OK);
        // SAFETY: see llm_test_panic.
        assert_eq!(unsafe { llm_test_panic(client.0, 1) }, LLM_ERROR_OK);
        assert_eq!(poll_until_end(client, 1), LLM_ERROR_INTERNAL);
        assert_eq!(start(client, 1), LLM_ERROR_OK);
        // SAFETY: see Handle.
        unsafe { llm_client_cancel(client.0, 1) };
        let end = poll_until_end(client, 1);
        assert!([LLM_ERROR_OK, LLM_ERROR_CANCELLED].contains(&end), "{end}");
        // SAFETY: see Handle.
        unsafe { llm_client_free(client.0) };
    }
}
