/** What a web ACL is made with and can be changed to, as both the API and templates name it. */
export const WEB_ACL_SETTINGS = [
  'AssociationConfig',
  'CaptchaConfig',
  'ChallengeConfig',
  'CustomResponseBodies',
  'DefaultAction',
  'Description',
  'Rules',
  'TokenDomains',
  'VisibilityConfig',
]

/** The same of an IP set. */
export const IP_SET_SETTINGS = ['Addresses', 'Description', 'IPAddressVersion']
