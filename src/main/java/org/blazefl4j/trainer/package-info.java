/** How clients are run: serial, in a thread pool or in a pool of worker processes. */
package org.blazefl4j.trainer;
