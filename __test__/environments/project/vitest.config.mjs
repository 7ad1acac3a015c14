// Else Vitest would take the one of the repository that this is copied into.
export default {};
