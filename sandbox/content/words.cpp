#include "sandbox/content/words.h"

#include <array>

namespace koppla::sandbox {

namespace {

using Word = std::string_view;

constexpr std::array<Word, 12> english_given{"Amy",   "Brian", "Carla", "David", "Ellen", "Frank",
                                             "Grace", "Henry", "Irene", "Jack",  "Laura", "Tom"};
constexpr std::array<Word, 12> english_family{"Adams",  "Baker",      "Carter", "Diaz",   "Evans", "O'Brien",
                                              "Fisher", "Green-Hall", "Hughes", "Irving", "McKay", "Shaw"};
constexpr std::array<Word, 6> english_cities{"Aurora",   "Boston",   "Leeds",
                                             "Portland", "San José", "Springfield"};
constexpr std::array<Word, 6> english_streets{"Main Street",     "Tony Crossing", "Oak Avenue",
                                              "St. John's Road", "Mill Lane",     "Harbour \"Old\" Quay"};
constexpr std::array<Word, 6> english_firms{
    "Acme, Inc.",      "Shaw & Sons",         "Northwind \"Traders\"",
    "Blue Harbor LLC", "Edge Communications", "O'Neill, Park, and Co."};
constexpr std::array<Word, 6> english_phrases{"Prefers to be called in the morning.",
                                              "Asked for a quote, twice; \"soon\", she said.",
                                              "Met at the trade fair.",
                                              "Renewal is due in spring.",
                                              "Speaks French, German and a little Welsh.",
                                              "Do not send printed mail."};

constexpr std::array<Word, 10> accented_given{"Zoë",   "Jürgen",     "François", "Søren",   "Łukasz",
                                              "Ángel", "Ragnheiður", "Ştefan",   "Ľudmila", "Nguyễn"};
constexpr std::array<Word, 10> accented_family{"Müller", "Đặng",    "Gómez",      "Håkansson", "Černý",
                                               "Žižka",  "Gößling", "D’Ambrosio", "Łapiński",  "Þórsson"};
constexpr std::array<Word, 6> accented_cities{"Zürich", "Málaga", "Kraków", "Tromsø", "Besançon", "Győr"};
constexpr std::array<Word, 6> accented_streets{"Königstraße",   "Rue de l’Église", "Ulica Długa",
                                               "Calle Señorío", "Sørkedalsveien",  "Széchenyi út"};
constexpr std::array<Word, 6> accented_firms{"Müller & Söhne GmbH",   "Société Générale d'Étanchéité",
                                             "Bäckerei Grün",         "Łódzkie Zakłady S.A.",
                                             "Señor \"Ñandú\", S.L.", "Håndværk ApS"};
constexpr std::array<Word, 5> accented_phrases{"Grüße aus Österreich – bis bald!", "À rappeler après Noël.",
                                               "Zażółć gęślą jaźń.", "¿Cuándo nos vemos, señor?",
                                               "Příliš žluťoučký kůň."};

constexpr std::array<Word, 8> cyrillic_given{"Анна",  "Борис",   "Вера",     "Дмитрий",
                                             "Елена", "Олексій", "Светлана", "Юрий"};
constexpr std::array<Word, 8> cyrillic_family{"Иванов",   "Кузнецова", "Шевченко", "Попов",
                                              "Соколова", "Щукин",     "Ґалаґан",  "Йовановић"};
constexpr std::array<Word, 4> cyrillic_cities{"Київ", "Београд", "София", "Алматы"};
constexpr std::array<Word, 4> cyrillic_streets{"улица Мира", "вул. Хрещатик", "бул. Витоша", "Цветна улица"};
constexpr std::array<Word, 4> cyrillic_firms{"ООО «Ромашка»", "Завод, № 7", "ТОВ Сонце", "Балкан Експорт"};
constexpr std::array<Word, 4> cyrillic_phrases{"Позвонить после обеда.", "Ждёт договор, «как можно скорее».",
                                               "Дякую за зустріч!", "Съешь ещё этих мягких булок."};

constexpr std::array<Word, 8> greek_given{"Αθηνά",  "Γιώργος", "Δήμητρα", "Ελένη",
                                          "Κώστας", "Μαρία",   "Νίκος",   "Σοφία"};
constexpr std::array<Word, 8> greek_family{"Παπαδόπουλος", "Νικολάου", "Οικονόμου", "Γεωργίου",
                                           "Αγγελής",      "Σπύρου",   "Χρήστου",   "Ψαράς"};
constexpr std::array<Word, 4> greek_cities{"Αθήνα", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο"};
constexpr std::array<Word, 4> greek_streets{"Ερμού", "Λεωφόρος Συγγρού", "Πανεπιστημίου", "Αγίου Γεωργίου"};
constexpr std::array<Word, 4> greek_firms{"Αφοί Παπαδόπουλοι Α.Ε.", "Ελληνική Ναυτιλία", "Ήλιος & Θάλασσα",
                                          "Μέλι, Ο.Ε."};
constexpr std::array<Word, 4> greek_phrases{"Να τηλεφωνήσουμε τη Δευτέρα.", "Ζητά προσφορά· επείγον.",
                                            "Συνάντηση στην έκθεση.", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία."};

constexpr std::array<Word, 8> arabic_given{"أحمد", "فاطمة", "خالد", "ليلى", "محمد", "نور", "سارة", "يوسف"};
constexpr std::array<Word, 8> arabic_family{"الحسن",  "بن علي", "الخطيب", "النجار",
                                            "القاسم", "حدّاد",   "المصري", "عبد الله"};
constexpr std::array<Word, 4> arabic_cities{"القاهرة", "بيروت", "دبي", "الرباط"};
constexpr std::array<Word, 4> arabic_streets{"شارع الحمراء", "طريق المطار", "شارع النيل", "حي السلام"};
constexpr std::array<Word, 4> arabic_firms{"شركة النور", "مؤسسة الأمل، ش.م.م", "مصنع الشرق", "دار الكتب"};
constexpr std::array<Word, 4> arabic_phrases{"الاتصال بعد الظهر.", "يطلب عرض سعر، عاجل.",
                                             "التقينا في المعرض.", "شكرًا جزيلًا!"};

constexpr std::array<Word, 8> hebrew_given{"אברהם", "דוד", "חנה", "יעל", "משה", "נועה", "רחל", "שרה"};
constexpr std::array<Word, 8> hebrew_family{"כהן",   "לוי",    "מזרחי",  "פרץ",
                                            "ביטון", "אברהמי", "פרידמן", "בן־דוד"};
constexpr std::array<Word, 4> hebrew_cities{"תל אביב–יפו", "ירושלים", "חיפה", "באר שבע"};
constexpr std::array<Word, 4> hebrew_streets{"רחוב הרצל", "שדרות רוטשילד", "דרך יפו", "רחוב בן־יהודה"};
constexpr std::array<Word, 4> hebrew_firms{"אור בע״מ", "חלב ודבש", "\"גל\" תוכנה", "צפון, שותפות"};
constexpr std::array<Word, 4> hebrew_phrases{"להתקשר אחרי הצהריים.", "מבקש הצעת מחיר.", "נפגשנו בתערוכה.",
                                             "שָׁלוֹם וּבְרָכָה"};

constexpr std::array<Word, 10> cjk_given{"伟",   "芳",     "秀英", "敏",   "太郎",
                                         "花子", "さくら", "민준", "서연", "지우"};
constexpr std::array<Word, 10> cjk_family{"王", "李", "張", "刘", "佐藤", "鈴木", "髙橋", "김", "이", "박"};
constexpr std::array<Word, 6> cjk_cities{"北京", "上海", "東京", "大阪市", "서울", "부산"};
constexpr std::array<Word, 5> cjk_streets{"中山路", "銀座一丁目", "테헤란로", "南京西路", "ひばりヶ丘"};
constexpr std::array<Word, 5> cjk_firms{"株式会社さくら", "北京科技有限公司", "㈱ミドリ", "한빛 주식회사",
                                        "𠮷野家"};
constexpr std::array<Word, 5> cjk_phrases{"午後に電話してください。", "请尽快报价，谢谢！",
                                          "전시회에서 만났습니다.", "「見積書」を送る。", "𠮷田さんの紹介。"};

constexpr std::array<Word, 8> devanagari_given{"आरव",  "अनिता", "दीपक",  "गीता",
                                               "किरण", "मीरा",  "प्रिया", "राहुल"};
constexpr std::array<Word, 8> devanagari_family{"शर्मा", "वर्मा", "गुप्ता",  "सिंह",
                                                "पटेल",  "जोशी", "मिश्रा", "क्षत्रिय"};
constexpr std::array<Word, 4> devanagari_cities{"दिल्ली", "मुंबई", "जयपुर", "काठमाडौँ"};
constexpr std::array<Word, 4> devanagari_streets{"महात्मा गांधी मार्ग", "लिंक रोड", "स्टेशन रोड", "नेहरू पथ"};
constexpr std::array<Word, 4> devanagari_firms{"सूर्य उद्योग", "गंगा, ट्रेडर्स", "हिमालय लिमिटेड",
                                               "श्री \"गणेश\" स्टोर"};
constexpr std::array<Word, 4> devanagari_phrases{"दोपहर के बाद फ़ोन करें।", "कोटेशन चाहिए।", "मेले में मिले थे।",
                                                 "धन्यवाद!"};

constexpr std::array<Word, 8> thai_given{"กนกวรรณ", "ชาติชาย", "ณัฐพล", "ปรีชา", "มาลี", "วิชัย", "สมชาย", "อรุณี"};
constexpr std::array<Word, 6> thai_family{"ใจดี", "ศรีสุข", "วงศ์สวัสดิ์", "ทองคำ", "แสงจันทร์", "รัตนากร"};
constexpr std::array<Word, 4> thai_cities{"กรุงเทพมหานคร", "เชียงใหม่", "ภูเก็ต", "ขอนแก่น"};
constexpr std::array<Word, 4> thai_streets{"ถนนสุขุมวิท", "ถนนสีลม", "ถนนพระราม 4", "ซอยทองหล่อ"};
constexpr std::array<Word, 4> thai_firms{"บริษัท แสงทอง จำกัด", "ร้าน \"ดอกไม้\"", "ไทยการค้า, บจก.",
                                         "โรงงานน้ำตาล"};
constexpr std::array<Word, 4> thai_phrases{"โทรกลับตอนบ่าย", "ขอใบเสนอราคาด่วน", "พบกันที่งานแสดงสินค้า", "ขอบคุณครับ"};

constexpr std::array<Vocabulary, 9> all{{
    {"Latin", english_given, english_family, english_cities, english_streets, english_firms, english_phrases,
     "United States", "Colorado"},
    {"Latin with accents", accented_given, accented_family, accented_cities, accented_streets, accented_firms,
     accented_phrases, "Österreich", "Niederösterreich"},
    {"Cyrillic", cyrillic_given, cyrillic_family, cyrillic_cities, cyrillic_streets, cyrillic_firms,
     cyrillic_phrases, "Україна", "Київська область"},
    {"Greek", greek_given, greek_family, greek_cities, greek_streets, greek_firms, greek_phrases, "Ελλάδα",
     "Αττική"},
    {"Arabic", arabic_given, arabic_family, arabic_cities, arabic_streets, arabic_firms, arabic_phrases,
     "مصر", "الجيزة"},
    {"Hebrew", hebrew_given, hebrew_family, hebrew_cities, hebrew_streets, hebrew_firms, hebrew_phrases,
     "ישראל", "מחוז המרכז"},
    {"CJK", cjk_given, cjk_family, cjk_cities, cjk_streets, cjk_firms, cjk_phrases, "日本", "東京都"},
    {"Devanagari", devanagari_given, devanagari_family, devanagari_cities, devanagari_streets,
     devanagari_firms, devanagari_phrases, "भारत", "राजस्थान"},
    {"Thai", thai_given, thai_family, thai_cities, thai_streets, thai_firms, thai_phrases, "ประเทศไทย",
     "เชียงใหม่"},
}};

constexpr std::array<Word, 16> ascii{"amy",   "brian", "carla", "david", "ellen", "frank", "grace", "henry",
                                     "irene", "jack",  "lena",  "maria", "noor",  "olga",  "priya", "wei"};
constexpr std::array<Word, 12> job_titles{"Buyer",
                                          "CEO",
                                          "Chief Financial Officer",
                                          "Director, Sales & Marketing",
                                          "Engineer",
                                          "Head of \"Special Projects\"",
                                          "Internal Auditor",
                                          "Office Manager",
                                          "Procurement Manager",
                                          "R&D Lead",
                                          "Vice President, EMEA",
                                          "Geschäftsführerin"};
constexpr std::array<Word, 8> teams{
    "Sales",   "Finance",           "Research & Development", "IT", "Legal", "Logistics, Export",
    "Einkauf", "Direction générale"};
constexpr std::array<Word, 12> odd{"🙂",        "👩‍💻",      "🇪🇺",
                                   "é",           "\"quoted\"",       "a, b; c | d",
                                   "<b>bold</b>", "50 % & more",      "C:\\path\\file",
                                   "tab\there",   "‏עברית‏", "NULL"};

}  // namespace

std::span<const Vocabulary> vocabularies() {
    return all;
}
std::span<const std::string_view> ascii_names() {
    return ascii;
}
std::span<const std::string_view> titles() {
    return job_titles;
}
std::span<const std::string_view> departments() {
    return teams;
}
std::span<const std::string_view> oddities() {
    return odd;
}

}  // namespace koppla::sandbox
