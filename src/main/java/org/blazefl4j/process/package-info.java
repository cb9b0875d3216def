/** Worker processes: the pool, its supervision, the job board and the worker's main. Internal. */
package org.blazefl4j.process;
