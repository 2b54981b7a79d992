/** 409, as where another client was faster. */
import { multiUserConflict, nonUniqueValues, type Problem } from '../problems.ts';
import type { FaultOf } from './plan.ts';

export function conflictProblem(as: FaultOf<'conflict'>['as']): Problem {
  switch (as) {
    case 'non-unique-values':
      return nonUniqueValues();
    case 'multi-user-conflict':
      return multiUserConflict();
  }
}
