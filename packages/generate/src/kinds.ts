// What a plug-in can bring, a project for each.

export const PROJECT_KINDS = ['arch', 'kernel', 'allocator', 'patch', 'board', 'driver', 'check'] as const
export type ProjectKind = (typeof PROJECT_KINDS)[number]
