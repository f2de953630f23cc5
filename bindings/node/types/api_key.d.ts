/** AWS credentials, under the names that the options have. */
export interface AwsCredentials {
  awsAccessKeyId: string;
  awsSecretAccessKey: string;
  /** Only of temporary credentials. */
  awsSessionToken?: string | null;
}

/**
 * A key, or a function that is asked for it before each attempt of a call, so that tokens are
 * refreshed by the library made for that. Many calls may ask at the same time. What it throws, or
 * rejects with, is the `cause` of the call's error.
 */
export type ApiKey =
  | string
  | ((call: {
      /** Aborted when the call ends before it has its key. */
      signal: AbortSignal;
    }) => string | AwsCredentials | Promise<string | AwsCredentials>);
