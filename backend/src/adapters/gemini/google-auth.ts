// a bundle gives a package that is loaded late, and is CommonJS, no names; a module of ours that names them does
export { AwsClient } from 'google-auth-library'
