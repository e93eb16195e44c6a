import Type from 'typebox'

/** Bodies take unknown fields in silence: older clients send device details and consents that nothing here needs. */
export const Email = Type.String({ format: 'email', maxLength: 254, description: 'E-mail address' })

/** At least what Cognito demands at all; the pool's own policy answers with what is missing. */
export const Password = Type.String({ minLength: 1, maxLength: 256 })

const Code = Type.String({
  pattern: '^\\d{4,8}$',
  description: 'The code that was sent, or that the authenticator app shows',
})
const Session = Type.String({ minLength: 20, maxLength: 2048, description: 'From the challenge' })

export const Register = Type.Object({
  email: Email,
  password: Password,
  display_name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
})

export const Registered = Type.Object({
  user_id: Type.String(),
  email: Type.String(),
  status: Type.Literal('confirmation_required'),
})

export const Confirm = Type.Object({ email: Email, code: Code })
export const Confirmed = Type.Object({ status: Type.Literal('confirmed') })
export const OnlyEmail = Type.Object({ email: Email })
export const Sent = Type.Object({ status: Type.Literal('sent'), message: Type.String() })
export const Message = Type.Object({ message: Type.String() })

export const Login = Type.Object({ email: Email, password: Password })
export const Refresh = Type.Object({ refresh_token: Type.String({ minLength: 1, maxLength: 8192 }) })

export const Tokens = Type.Object(
  {
    access_token: Type.String(),
    refresh_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds for which the access token is good' }),
  },
  { title: 'Tokens' },
)

export const Challenge = Type.Object(
  {
    challenge_name: Type.String({ description: 'SOFTWARE_TOKEN_MFA, MFA_SETUP, NEW_PASSWORD_REQUIRED, …' }),
    session: Type.String({ description: 'Good for a few minutes and one answer' }),
    user_id: Type.String(),
    next: Type.String({ description: 'Where to answer' }),
  },
  { title: 'Challenge' },
)

export const SignedIn = Type.Union([Tokens, Challenge])

export const ResetPassword = Type.Object({ email: Email, code: Code, new_password: Password })
export const Reset = Type.Object({ status: Type.Literal('reset') })

export const Me = Type.Object({
  user_id: Type.String(),
  email: Type.Optional(Type.String()),
  email_verified: Type.Boolean(),
  display_name: Type.Union([Type.String(), Type.Null()]),
  mfa_enabled: Type.Boolean(),
  auth_provider: Type.Literal('cognito'),
})

export const AssociateMfa = Type.Object({ session: Type.Optional(Session) })
export const Associated = Type.Object({
  secret: Type.String({ description: 'For the authenticator app (RFC 6238, base32); shown once' }),
  otpauth_uri: Type.String({ description: 'The same as a URI, to be shown as a QR code' }),
  session: Type.Optional(Type.String()),
})

export const VerifyMfa = Type.Object({
  code: Code,
  session: Type.Optional(Session),
  device_name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
})
export const Verified = Type.Object({
  status: Type.Literal('verified'),
  session: Type.Optional(
    Type.String({ description: 'Within an MFA_SETUP challenge: send it to mfa/challenge' }),
  ),
})

export const AnswerChallenge = Type.Object({
  challenge_name: Type.Enum(['SOFTWARE_TOKEN_MFA', 'MFA_SETUP', 'NEW_PASSWORD_REQUIRED']),
  session: Session,
  user_id: Type.String({ minLength: 1, maxLength: 254, description: 'From the challenge' }),
  code: Type.Optional(Code),
  new_password: Type.Optional(Password),
})
