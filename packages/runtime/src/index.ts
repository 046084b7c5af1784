export { CanopyError, EXIT, ERROR_CODES, type ErrorCode } from "./core/errors.ts";
