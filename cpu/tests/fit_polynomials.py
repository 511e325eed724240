"""Prints the polynomials of cpu/math.hpp as float32 numbers, lowest power first, with the largest error of each.

Each is the minimax fit of a function over an interval (the exchange algorithm of Remez): the largest value of
|weight (function - polynomial)| is as small as possible. The coefficients are rounded to float32 one after the other, from the
lowest power, and the others are fitted again after each. Needs mpmath: python3 cpu/tests/fit_polynomials.py
"""

import math
import struct

from mpmath import mp, mpf

mp.prec = 300  # bits


def to_float32(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def value_of(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def fit(function, weight, low, high, fixed, degree):
    """Returns the coefficients above the `fixed` ones that give the smallest largest error."""
    count = degree + 1 - len(fixed)

    def rest(x):
        return function(x) - value_of(fixed, x)

    # A weight of 0 would allow any value.
    limit = max(abs(weight(low)), abs(weight(high))) / 1000

    def positive(x):
        return max(abs(weight(x)), limit)

    middle, half = (low + high) / 2, (high - low) / 2
    # Near the extremes of a Chebyshev polynomial, moved a little, because the weight may be small in the middle.
    turns = [-mp.cos(mp.pi * i / count) for i in range(count + 1)]
    points = [middle + half * (u + (1 - u * u) / 9) for u in turns]
    grid = [middle - half * mp.cos(mp.pi * i / 400) for i in range(401)]
    grid_values = [rest(x) for x in grid]
    grid_weights = [positive(x) for x in grid]
    for _ in range(30):
        rows = mp.matrix(count + 1, count + 1)
        right = mp.matrix(count + 1, 1)
        for i, x in enumerate(points):
            for k in range(count):
                rows[i, k] = x ** (len(fixed) + k)
            rows[i, count] = (-1) ** i / positive(x)
            right[i] = rest(x)
        solution = mp.lu_solve(rows, right)
        found, level = [solution[k] for k in range(count)], abs(solution[count])
        errors = [w * (v - x ** len(fixed) * value_of(found, x)) for x, v, w in zip(grid, grid_values, grid_weights)]
        # The next points are the extremes of the runs of one sign.
        runs = [[0]]
        for i in range(1, len(grid)):
            if (errors[i] > 0) == (errors[runs[-1][-1]] > 0):
                runs[-1].append(i)
            else:
                runs.append([i])
        extremes = [max(run, key=lambda i: abs(errors[i])) for run in runs]
        while len(extremes) > count + 1:
            least = min(range(len(extremes)), key=lambda k: abs(errors[extremes[k]]))
            if least in (0, len(extremes) - 1) or len(extremes) == count + 2:
                extremes.pop(0 if abs(errors[extremes[0]]) < abs(errors[extremes[-1]]) else -1)
            else:  # with a neighbor, so that the signs still alternate
                before, after = abs(errors[extremes[least - 1]]), abs(errors[extremes[least + 1]])
                first = least - 1 if before < after else least
                del extremes[first : first + 2]
        if len(extremes) < count + 1 or max(abs(e) for e in errors) < level * mpf("1.01"):
            break
        points = [grid[i] for i in extremes]
    return found


def report(name, function, weight, low, high, degree, fixed=()):
    low, high, fixed = mpf(low), mpf(high), [mpf(c) for c in fixed]
    while len(fixed) <= degree:
        fixed.append(to_float32(fit(function, weight, low, high, fixed, degree)[0]))
    points = [low + (high - low) * i / 4000 for i in range(4001)]
    largest = max(abs(weight(x) * (function(x) - value_of(fixed, x))) for x in points)
    print(f"{name}: error 2^{float(mp.log(largest, 2)):.2f}")
    for power, c in enumerate(fixed):
        print(f"  {power:2}  {float(c):.9g}f")


# Numbers near 0, at which a quotient below has no digits left, or is 0 / 0.
TINY = mpf(10) ** -20


def exp_rest(r):
    return (mp.expm1(r) - r) / r**2 if abs(r) > TINY else mpf(1) / 2


def log_rest(f):
    return (mp.log1p(f) - f + f**2 / 2) / f**3 if abs(f) > TINY else mpf(1) / 3


def tanh_rest(square):
    x = mp.sqrt(square)
    return (mp.tanh(x) - x) / x**3 if x > TINY else -mpf(1) / 3


SHIFT = mpf("2.5")


def tail_of_inverse(w):
    """Returns (1 - Φ(t)) e^(t² / 2) / w for w = 1 / (t + SHIFT)."""
    t = 1 / w - SHIFT
    return mp.erfc(t / mp.sqrt(2)) * mp.exp(t**2 / 2) / 2 / w


def middle(square):
    """Returns (Φ(x) - 1/2) / x."""
    x = mp.sqrt(square)
    return (mp.ncdf(x) - mpf(1) / 2) / x if x > TINY else 1 / mp.sqrt(2 * mp.pi)


def quotient(a, b):
    return a / b if abs(b) > TINY else mpf(0)


def main():
    """Prints the fits. A weight makes the error relative to the function that is computed from the polynomial."""
    half = math.log(2) / 2 + 1e-4  # reduce() may exceed the half by its rounding
    report("expm1_reduced: (e^r - 1 - r) / r^2", exp_rest, lambda r: quotient(r**2, mp.expm1(r)), -half, half, 4, [0.5])
    report("log_of_parts: (log(1 + f) - f + f^2 / 2) / f^3", log_rest, lambda f: quotient(f**3, mp.log1p(f)),
           math.sqrt(0.5) - 1, math.sqrt(2) - 1, 7)
    report("tanh: (tanh(x) - x) / x^3, of x^2", tanh_rest, lambda s: quotient(mp.sqrt(s) ** 3, mp.tanh(mp.sqrt(s))),
           0, 0.625**2, 4)
    report("normal_tail: (1 - Φ(t)) e^(t^2 / 2) / w, of w = 1 / (t + 2.5)", tail_of_inverse, lambda w: 1 / tail_of_inverse(w),
           1 / (14.5 + SHIFT), 1 / (0.65 + SHIFT), 9)
    report("normal_cdf: (Φ(x) - 1/2) / x, of x^2", middle, lambda s: quotient(mp.sqrt(s), mp.ncdf(-mp.sqrt(s))), 0, 0.7**2, 4)


main()
