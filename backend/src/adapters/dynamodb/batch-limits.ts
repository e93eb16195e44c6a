/**
 * Most keys of one BatchGetItem, and so most users whose revisions are asked for at once.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
export const MOST_USERS = 100

/**
 * Most statements of one BatchExecuteStatement, and so most entries of access records that are written at once.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
 */
export const MOST_ENTRIES = 25
