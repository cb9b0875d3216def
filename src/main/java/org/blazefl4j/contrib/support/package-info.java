/** What the algorithms share and users do not need: checks of models and data, and the tensors that a server lends. */
package org.blazefl4j.contrib.support;
