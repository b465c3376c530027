#include "model/treatment.h"

#include <gmock/gmock.h>

namespace koppla::model {
namespace {

using testing::HasSubstr;

std::array<char, 64> reversed(std::string_view text) {
    std::array<char, 64> digits{};
    digits.fill('0');
    std::reverse_copy(text.begin(), text.end(), digits.begin());
    return digits;
}

/// What becomes of one value; "~" is null.
std::string treated(std::string_view text, Treatment treatment, Type type = {}) {
    Batch batch;
    batch.recycle(1);
    batch.push(Cell::of(batch.keep(text)));
    const Type converted = converted_type(type, treatment);
    ConversionCounts counts;
    auto rejected = convert(batch, {&converted, 1}, 0, counts);
    treat(batch, rejected, {&treatment, 1}, reversed);
    if (!rejected.empty()) return "refused: " + rejected.front().message + rejected.front().raw;
    return batch.cell(0, 0).is_text() ? std::string{batch.cell(0, 0).text()} : "~";
}

constexpr Type instant{.kind = Kind::instant};

TEST(Treatments, OfInstants) {
    EXPECT_EQ(treated("2026-11-01T23:30:00.000-0200", Treatment::standard, instant),
              "2026-11-02T01:30:00.000Z");
    EXPECT_EQ(treated("2026-11-01T23:30:00.000-0200", Treatment::date_only, instant), "2026-11-02");
    EXPECT_EQ(treated("2026-11-01T23:30:00.000-0200", Treatment::without_time_offset, instant),
              "2026-11-01T23:30:00.000");
    EXPECT_EQ(treated("2026-11-01T23:30:00Z", Treatment::without_time_offset, instant),
              "2026-11-01T23:30:00");
    EXPECT_EQ(treated("2026-11-01T23:30:00.000+0000", Treatment::copy, instant),
              "2026-11-01T23:30:00.000+0000");
    EXPECT_THAT(treated("soon", Treatment::date_only, instant), HasSubstr("refused"));
}

TEST(Treatments, OfTexts) {
    EXPECT_EQ(treated(" \tAnna Ek\n", Treatment::trim), "Anna Ek");
    EXPECT_EQ(treated("  ", Treatment::trim), "~");
    EXPECT_EQ(treated("Anna", Treatment::mask), "A***");
    EXPECT_EQ(treated("Öberg", Treatment::mask), "Ö***");
    EXPECT_EQ(treated("😀", Treatment::mask), "😀***");
    EXPECT_EQ(treated("abc", Treatment::hash).substr(0, 4), "cba0");
    EXPECT_EQ(treated("abc", Treatment::hash).size(), 64U);
    EXPECT_EQ(treated("", Treatment::hash), "~");
}

TEST(Treatments, WhatIsHiddenIsHiddenInRejectsToo) {
    const std::string refused = treated("secret\xFF", Treatment::hash);
    EXPECT_THAT(refused, HasSubstr("refused"));
    EXPECT_THAT(refused, testing::Not(HasSubstr("secret")));
    EXPECT_THAT(treated("secret\xFF", Treatment::trim), HasSubstr("secret"));
}

TEST(Treatments, AreCheckedAgainstTheField) {
    const auto check = [](Kind kind, Treatment treatment) {
        return check_treatment({.name = "F", .type = {.kind = kind}}, treatment).has_value();
    };
    EXPECT_TRUE(check(Kind::instant, Treatment::date_only));
    EXPECT_FALSE(check(Kind::date, Treatment::date_only));
    EXPECT_TRUE(check(Kind::text, Treatment::hash));
    EXPECT_FALSE(check(Kind::decimal, Treatment::hash));
    EXPECT_FALSE(check(Kind::boolean, Treatment::copy));
    EXPECT_TRUE(check(Kind::integer, Treatment::standard));
    for (const char* word :
         {"default", "date-only", "without-time-offset", "copy-paste", "trim", "hash", "mask"})
        EXPECT_EQ(name(*treatment_named(word)), word);
    EXPECT_THAT(treatment_named("sha1").error().message, HasSubstr("date-only"));
}

}  // namespace
}  // namespace koppla::model
