import { observationOf } from '../../domain/fhir/observation.ts'
import type { UploadPointer } from '../../domain/upload.ts'
import { wholeSamples } from './whole-samples.ts'
import type { ExportDeps, ExportLine } from './write-export.ts'

/** A FHIR R4 Patient that is no more than the subject, then an Observation for each sample. */
export async function* fhirLines(deps: ExportDeps, pointer: UploadPointer): AsyncGenerator<ExportLine> {
  const { user_id } = pointer
  yield { value: { resourceType: 'Patient', id: user_id }, sample: false }
  for await (const { data } of deps.partition.items(user_id, 'C#'))
    for (const sample of await wholeSamples(deps, user_id, data))
      yield { value: observationOf(sample, user_id), sample: true }
}
