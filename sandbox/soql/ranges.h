#pragma once

#include "sandbox/soql/syntax/ast.h"

#include <chrono>

namespace koppla::sandbox::soql {

/// The days a date literal stands for: `from` up to, not including, `to`.
struct DayRange {
    std::chrono::sys_days from;
    std::chrono::sys_days to;
};

/// A date literal seen on `today`, in an org that keeps UTC, whose weeks begin on Sunday and whose fiscal
/// year is the calendar's. Pure. [Salesforce: SOQL, Date Formats and Date Literals]
DayRange range_of(const Literal& literal, std::chrono::sys_days today);

}  // namespace koppla::sandbox::soql
