/** The thin layer on LibTorch: run-time set-up, flat parameters, numeric environment. */
package org.blazefl4j.torch;
