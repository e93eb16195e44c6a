/** What is read of an OCI or Docker manifest. */
export interface ImageManifest {
  mediaType?: string
  config: { digest: string }
  layers: { digest: string; mediaType: string }[]
  /** Of an index: one manifest a platform. */
  manifests?: { digest: string; platform?: Platform }[]
}

export interface Platform {
  os: string
  architecture: string
}

/** What is read of an image's configuration. */
export interface ImageConfig extends Partial<Platform> {
  config?: {
    Env?: string[]
    Cmd?: string[]
    Entrypoint?: string[]
    WorkingDir?: string
    User?: string
  }
  rootfs?: { diff_ids?: string[] }
}

/** `linux/amd64` of a task definition's `runtimePlatform`; Fargate's own is Linux on X86_64. */
export function platformOf(runtime?: { cpuArchitecture?: string; operatingSystemFamily?: string }): Platform {
  return {
    os: runtime?.operatingSystemFamily?.startsWith('WINDOWS') ? 'windows' : 'linux',
    architecture: runtime?.cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64',
  }
}
