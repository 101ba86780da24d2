import { Controller } from '@nestjs/common';
import { routes, type Hex, type TaskInfo } from '@odf/protocol';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { prefersBytes } from '../http/negotiate.js';
import { TasksService } from './tasks.service.js';

@Controller()
export class TasksController {
  constructor(private readonly tasks: TasksService) {}

  @Endpoint(routes.createTask)
  create(@Input() { params, body }: InputOf<typeof routes.createTask>): Promise<{ task_id: Hex }> {
    return this.tasks.create(params.avs_id, body);
  }

  @Endpoint(routes.getTask)
  async get(@Input() { params, request }: InputOf<typeof routes.getTask>): Promise<TaskInfo | Uint8Array> {
    const info = await this.tasks.infoOf(params.task_id);
    return prefersBytes(routes.getTask, request) ? info.input : info;
  }
}
