/** Sign-up, sign-in and recovery of people, held by the one password store; the Cognito adapter implements it. */
export interface Accounts {
  /**
   * An address that has an account already reads the same, with a user id that is nobody's.
   * @throws Problem 400 `registration_error`, naming what the password lacks
   */
  register(input: { email: string; password: string; displayName?: string }): Promise<{ userId: string }>
  /** @throws Problem 400 `code_mismatch`, also for an expired code, for an unknown address reads the same */
  confirm(email: string, code: string): Promise<void>
  /** Does nothing, visibly, for an address that is unknown or confirmed already. */
  resendCode(email: string): Promise<void>
  /** @throws Problem 401 `invalid_credentials`, 403 `email_not_verified` */
  login(email: string, password: string): Promise<SignIn>
  /** @throws Problem 401 `invalid_credentials` */
  refresh(refreshToken: string): Promise<Tokens>
  /** Ends every session of the token's owner, refresh tokens included. */
  logout(accessToken: string): Promise<void>
  profile(accessToken: string): Promise<Profile>
  /** Does nothing, visibly, for an unknown address. */
  forgotPassword(email: string): Promise<void>
  resetPassword(email: string, code: string, password: string): Promise<void>
  /** Answers a sign-in challenge: a one-time code, or a new password. */
  answerChallenge(answer: ChallengeAnswer): Promise<SignIn>
  /** Starts enrolment of an authenticator app, for a signed-in person or within an `MFA_SETUP` challenge. */
  associateMfa(holder: MfaHolder): Promise<{ secret: string; session?: string }>
  /** Ends it: the app's first code. From then on sign-in asks for one. */
  verifyMfa(holder: MfaHolder, code: string, deviceName?: string): Promise<{ session?: string }>
}

export type MfaHolder = { accessToken: string } | { session: string }

export interface Tokens {
  accessToken: string
  refreshToken: string
  /** Seconds. */
  expiresIn: number
}

export interface Challenge {
  /** Cognito's name: `SOFTWARE_TOKEN_MFA`, `MFA_SETUP`, `NEW_PASSWORD_REQUIRED`, … */
  name: string
  session: string
  /** Whom the challenge is for, to be sent back with the answer. */
  userId: string
}

export type SignIn = { kind: 'tokens'; tokens: Tokens } | { kind: 'challenge'; challenge: Challenge }

export interface ChallengeAnswer {
  name: string
  session: string
  userId: string
  code?: string
  newPassword?: string
}

export interface Profile {
  userId: string
  email?: string
  emailVerified: boolean
  displayName?: string
  mfaEnabled: boolean
}
