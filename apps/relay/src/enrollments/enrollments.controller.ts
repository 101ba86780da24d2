import { Controller } from '@nestjs/common';
import { routes, type EnrollmentAnswer, type EnrollmentItem } from '@odf/protocol';
import { allOrRefusal, eachGood } from '../http/batch.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { EnrollmentsService } from './enrollments.service.js';

@Controller()
export class EnrollmentsController {
  constructor(private readonly enrollments: EnrollmentsService) {}

  @Endpoint(routes.enrol)
  async enrol(@Input() { items }: InputOf<typeof routes.enrol>): Promise<EnrollmentAnswer[]> {
    return allOrRefusal(await eachGood(items, (values: EnrollmentItem[]) => this.enrollments.enrol(values)));
  }
}
