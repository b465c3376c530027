#include "model/conversion.h"

#include "model/plain_number.h"
#include "model/utf8.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace koppla::model {
namespace {

/// A batch whose page holds the texts, row after row.
Batch batch_of(std::size_t columns, const std::vector<std::optional<std::string>>& cells) {
    Batch batch;
    batch.recycle(columns);
    std::size_t bytes = 0;
    for (const auto& cell : cells) bytes += cell ? cell->size() : 0;
    batch.page.reserve(bytes + 64);
    for (const auto& cell : cells) {
        if (!cell) {
            batch.push(Cell::null());
            continue;
        }
        char* const at = batch.page.bytes.get() + batch.page.size;
        std::memcpy(at, cell->data(), cell->size());
        batch.page.size += cell->size();
        batch.push(Cell::of({at, cell->size()}));
    }
    return batch;
}

/// What one value becomes; "rejected: …" or "null" in words.
std::string converted(Kind kind, const std::string& text) {
    Batch batch = batch_of(1, {text});
    ConversionCounts counts;
    const Type type{.kind = kind};
    const auto rejected = convert(batch, {&type, 1}, 0, counts);
    if (!rejected.empty()) return "rejected: " + rejected[0].message;
    const Cell& cell = batch.cell(0, 0);
    return cell.is_text() ? std::string{cell.text()} : "null";
}

struct Case {
    Kind kind;
    std::string text, expected;
};

TEST(Conversion, BringsEveryKindIntoOneCanonicalText) {
    const std::vector<Case> cases = {
        {Kind::text, "plain", "plain"},
        {Kind::text, "Grüße, 世界 😀", "Grüße, 世界 😀"},
        {Kind::text, "", "null"},
        {Kind::text, std::string{"a\0b\0", 4}, "ab"},
        {Kind::text, std::string{"\0", 1}, "null"},
        {Kind::boolean, "true", "true"},
        {Kind::boolean, "TRUE", "true"},
        {Kind::boolean, "False", "false"},
        {Kind::boolean, "1", "true"},
        {Kind::boolean, "0", "false"},
        {Kind::integer, "42", "42"},
        {Kind::integer, "-7", "-7"},
        {Kind::integer, "+7", "7"},
        {Kind::integer, "007", "7"},
        {Kind::integer, "12.0", "12"},
        {Kind::integer, "1.5E1", "15"},
        {Kind::integer, "1E3", "1000"},
        {Kind::integer, "-0", "0"},
        {Kind::integer, "9223372036854775807", "9223372036854775807"},
        {Kind::integer, "-9223372036854775808", "-9223372036854775808"},
        {Kind::decimal, "1.6147805824397E13", "16147805824397"},
        {Kind::decimal, "1.5e-3", "0.0015"},
        {Kind::decimal, "-2.50", "-2.5"},
        {Kind::decimal, "12.0", "12"},
        {Kind::decimal, "0.000", "0"},
        {Kind::decimal, "-0.0", "0"},
        {Kind::decimal, ".5", "0.5"},
        {Kind::decimal, "5.", "5"},
        {Kind::decimal, "1234567890123456.78901", "1234567890123456.78901"},
        {Kind::date, "2026-11-01", "2026-11-01"},
        {Kind::date, "2024-02-29", "2024-02-29"},
        {Kind::instant, "2026-11-01T10:00:00.000Z", "2026-11-01T10:00:00.000Z"},
        {Kind::instant, "2026-11-01T10:00:00.000+0000", "2026-11-01T10:00:00.000Z"},
        {Kind::instant, "2026-11-01T10:00:00Z", "2026-11-01T10:00:00.000Z"},
        {Kind::instant, "2026-11-01T01:00:00.000+02:00", "2026-10-31T23:00:00.000Z"},
        {Kind::instant, "2026-11-01T23:30:00.5-0100", "2026-11-02T00:30:00.500Z"},
        {Kind::time, "13:00:00.000Z", "13:00:00.000Z"},
        {Kind::time, "13:00:00", "13:00:00.000Z"},
        {Kind::time, "13:00:00.1234567", "13:00:00.123Z"},
        {Kind::wall_clock, "2026-11-01T10:00:00Z", "2026-11-01T10:00:00.000"},
        {Kind::wall_clock, "2026-11-01T10:00:00.5+02:00", "2026-11-01T10:00:00.500"},
        {Kind::wall_clock, "2026-11-01T10:00:00", "2026-11-01T10:00:00.000"},
        {Kind::wall_clock, "2026-11-01T10:00:00.500", "2026-11-01T10:00:00.500"},
        {Kind::wall_clock, "2026-11-01T10:00:00-0530", "2026-11-01T10:00:00.000"},
        {Kind::identifier, "003000000000001AAA", "003000000000001AAA"},
        {Kind::enumerations, "a;b", "a;b"},
    };
    for (const Case& each : cases) EXPECT_EQ(converted(each.kind, each.text), each.expected) << each.text;
}

TEST(Conversion, RejectsWhatAColumnCantHold) {
    const std::vector<Case> cases = {
        {Kind::text, "a\xff", "invalid UTF-8 at byte 2 (0xFF)"},
        {Kind::text, "\xC0\xAF", "invalid UTF-8 at byte 1"},
        {Kind::text, "\xED\xA0\x80", "invalid UTF-8"},
        {Kind::text, "\xF4\x90\x80\x80", "invalid UTF-8"},
        {Kind::text, "12345678\xE2\x82", "invalid UTF-8 at byte 9"},
        {Kind::boolean, "yes", "neither true nor false"},
        {Kind::integer, "1.5", "not a whole number"},
        {Kind::integer, "9223372036854775808", "not a whole number within 64 bits"},
        {Kind::integer, "1E30", "not a whole number"},
        {Kind::integer, "12a", "not a number"},
        {Kind::decimal, "NaN", "not a number"},
        {Kind::decimal, "1e99999", "not a number"},
        {Kind::decimal, "1,5", "not a number"},
        {Kind::decimal, "-", "not a number"},
        {Kind::decimal, ".", "not a number"},
        {Kind::decimal, "1e", "not a number"},
        {Kind::decimal, "1e+-2", "not a number"},
        {Kind::date, "2026-02-29", "not a date"},
        {Kind::date, "2026-11-01T00:00:00.000Z", "not a date"},
        {Kind::date, "2026-13-01", "not a date"},
        {Kind::instant, "2026-11-01", "not a point in time"},
        {Kind::instant, "2026-11-01T10:00:00.000", "not a point in time"},
        {Kind::instant, "2026-02-30T10:00:00.000Z", "not a point in time"},
        {Kind::instant, "2026-11-01T24:00:00.000+0000", "not a point in time"},
        {Kind::instant, "0000-01-01T00:00:00.000+02:00", "beyond the years"},
        {Kind::time, "25:00:00.000Z", "not a time"},
        {Kind::time, "13:00", "not a time"},
        {Kind::time, "13:00:00.", "not a time"},
        {Kind::wall_clock, "2026-11-01", "no date with a time"},
        {Kind::wall_clock, "2026-11-31T10:00:00Z", "no date with a time"},
        {Kind::wall_clock, "2026-11-01T10:00:00x", "no date with a time"},
        {Kind::wall_clock, "2026-11-01T10:00:00.", "no date with a time"},
    };
    for (const Case& each : cases) {
        const std::string result = converted(each.kind, each.text);
        EXPECT_TRUE(result.starts_with("rejected: ")) << each.text << " gave " << result;
        EXPECT_NE(result.find(each.expected), std::string::npos) << each.text << " gave " << result;
    }
}

TEST(Conversion, ARejectedRowIsNamedAndKeptAsItArrived) {
    Batch batch = batch_of(4, {"id1", "2026-11-01T10:00:00.000+0000", "1.50", "ok",      //
                               "id2", "2026-11-01T10:00:00.000+0000", "2.50", "no\xff",  //
                               "id3", std::nullopt, "", "fine"});
    const std::vector<Type> types = {
        {.kind = Kind::identifier}, {.kind = Kind::instant}, {.kind = Kind::decimal}, {.kind = Kind::text}};
    ConversionCounts counts;
    const auto rejected = convert(batch, types, 0, counts);

    ASSERT_EQ(rejected.size(), 1U);
    EXPECT_EQ(rejected[0].key, "id2");
    EXPECT_EQ(rejected[0].column, 3U);
    const auto raw = nlohmann::json::parse(rejected[0].raw);
    EXPECT_EQ(raw[1], "2026-11-01T10:00:00.000+0000");
    EXPECT_EQ(raw[2], "2.50");
    ASSERT_EQ(batch.row_count(), 2U);
    std::vector<std::string> keys = {std::string{batch.cell(0, 0).text()},
                                     std::string{batch.cell(0, 1).text()}};
    std::ranges::sort(keys);
    EXPECT_EQ(keys, (std::vector<std::string>{"id1", "id3"}));
}

TEST(Conversion, EveryRowCanBeRejected) {
    Batch batch = batch_of(1, {"x", "y", "z"});
    const Type type{.kind = Kind::integer};
    ConversionCounts counts;
    EXPECT_EQ(convert(batch, {&type, 1}, 0, counts).size(), 3U);
    EXPECT_EQ(batch.row_count(), 0U);
}

TEST(Conversion, CountsTheNulBytesItRemoves) {
    Batch batch = batch_of(1, {std::string{"a\0b\0c", 5}, "plain text that has none"});
    const Type type{.kind = Kind::text};
    ConversionCounts counts;
    EXPECT_TRUE(convert(batch, {&type, 1}, 0, counts).empty());
    EXPECT_EQ(counts.nul_bytes_removed, 2);
    EXPECT_EQ(batch.cell(0, 0).text(), "abc");
}

TEST(Conversion, ACanonicalCellIsLeftWhereItLies) {
    const std::vector<Type> types = {{.kind = Kind::text}, {.kind = Kind::instant}, {.kind = Kind::decimal}};
    Batch batch = batch_of(3, {"text", "2026-11-01T10:00:00.000+0000", "12.5"});
    const std::vector<const char*> before = {batch.cell(0, 0).data, batch.cell(1, 0).data,
                                             batch.cell(2, 0).data};
    ConversionCounts counts;
    EXPECT_TRUE(convert(batch, types, 0, counts).empty());
    for (std::size_t column = 0; column < 3; ++column) EXPECT_EQ(batch.cell(column, 0).data, before[column]);
}

TEST(Conversion, TextOutsideThePageIsNeverWrittenTo) {
    Batch batch;
    batch.recycle(1);
    batch.push(Cell::of("2026-11-01T10:00:00.000+0000"));  // a literal: writing to it would end the program
    const Type type{.kind = Kind::instant};
    ConversionCounts counts;
    EXPECT_TRUE(convert(batch, {&type, 1}, 0, counts).empty());
    EXPECT_EQ(batch.cell(0, 0).text(), "2026-11-01T10:00:00.000Z");
}

RC_GTEST_PROP(ConversionProperty, ANumberKeepsItsValueAndHasOneText, (std::int64_t mantissa)) {
    const int exponent = *rc::gen::inRange(-20, 21);
    const std::string with_exponent = std::to_string(mantissa) + "E" + std::to_string(exponent);
    const auto plain = plain_number(with_exponent);
    RC_ASSERT(plain.has_value());
    RC_ASSERT(plain->find_first_of("eE+") == std::string::npos);
    RC_ASSERT(std::stold(*plain) == std::stold(with_exponent));
    RC_ASSERT(plain_number(*plain) == plain);
    RC_ASSERT(plain_number_size(*plain) == plain->size());
    RC_ASSERT(plain_number(*plain + (plain->find('.') == std::string::npos ? ".000" : "000")) == plain);
}

RC_GTEST_PROP(ConversionProperty, TheFastPathOfNumbersAgreesWithTheSlowOne, ()) {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::element('0', '1', '9', '.', '-', 'E', '+', '0'));
    const std::size_t size = plain_number_size(text);
    if (size != 0) RC_ASSERT(plain_number(text) == text.substr(0, size));
}

RC_GTEST_PROP(ConversionProperty, BytesThatPassAreUtf8AndTheOthersAreMendedForMessages,
              (const std::string& text)) {
    RC_ASSERT(!utf8_fault(valid_utf8(text)));
    if (is_plain_ascii(text)) RC_ASSERT(!utf8_fault(text) && text.find('\0') == std::string::npos);
    if (!utf8_fault(text) && text.find('\0') == std::string::npos) RC_ASSERT(valid_utf8(text) == text);
}

}  // namespace
}  // namespace koppla::model
