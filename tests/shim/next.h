/* next.h - the next function of that name after a preloaded one. */
#ifndef SHIM_NEXT_H
#define SHIM_NEXT_H

#include <dlfcn.h>
#include <string.h>

/* ISO C knows no way from an object pointer to a function; POSIX promises that the bytes are the
 * same. */
#define NEXT(name)                                                                                 \
	__extension__({                                                                            \
		static __typeof__(name) *next_;                                                    \
		void *p_;                                                                          \
		if (!next_) {                                                                      \
			p_ = dlsym(RTLD_NEXT, #name);                                              \
			memcpy(&next_, &p_, sizeof(p_));                                           \
		}                                                                                  \
		next_;                                                                             \
	})

#endif
