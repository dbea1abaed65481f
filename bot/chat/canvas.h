/*
 * canvas.h - a small RGB bitmap for charts. Everything outside of it is clipped. Thread: the
 * arena's.
 */
#ifndef HEAL_CHAT_CANVAS_H
#define HEAL_CHAT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define CANVAS_LETTER_WIDTH  6
#define CANVAS_LETTER_HEIGHT 7

struct canvas {
	int w, h;
	uint8_t *px;    /* rows of RGB */
	uint8_t *cover; /* how much of each pixel the strokes cover, until they are inked */
};

struct canvas *canvas_new(struct arena *a, int w, int h, uint32_t rgb);
void canvas_fill(struct canvas *c, int x, int y, int w, int h, uint32_t rgb);
void canvas_dashes(struct canvas *c, int x, int y, int length, bool vertical, uint32_t rgb);
/* ASCII; any other character is one "?". */
void canvas_text(struct canvas *c, int x, int y, const char *s, uint32_t rgb);
int canvas_text_width(const char *s);

/* Strokes gather in the coverage, so that joints are not painted twice; ink paints and clears. */
struct canvas_line {
	double x0, y0, x1, y1;
};
void canvas_stroke(struct canvas *c, const struct canvas_line *l);
void canvas_ink(struct canvas *c, uint32_t rgb);

/* The PNG, in `a`. */
const void *canvas_png(const struct canvas *c, struct arena *a, size_t *len);

#endif
