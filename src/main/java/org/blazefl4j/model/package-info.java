/** Networks and the base class for a user's own. */
package org.blazefl4j.model;
