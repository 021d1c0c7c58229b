//! Functions over texts and conditions: the published examples, and what they leave open.

use crate::check;

#[test]
fn the_published_string_examples_hold() {
    let john = &[("givenName", "John"), ("surname", "Doe"), ("mailNickname", "jdoe")][..];
    check(
        r#"Append([upn], ".test")"#,
        &[("upn", "John.Doe@contoso.com")],
        "John.Doe@contoso.com.test",
    );
    check("Coalesce([mail],[upn])", &[("upn", "John.Doe@contoso.com")], "John.Doe@contoso.com");
    check(r#"ConvertToBase64("Hello world!")"#, &[], "SABlAGwAbABvACAAdwBvAHIAbABkACEA");
    check(r#"ConvertToUTF8Hex("Hello world!")"#, &[], "48656C6C6F20776F726C6421");
    check(r#"Join(", ", "", [surname], [givenName])"#, john, "Doe, John");
    check(r#"Join("@", [mailNickname], DefaultDomain())"#, john, "jdoe@contoso.com");
    check("Append(Mid([givenName],1,3), Mid([surname],1,5))", john, "JohDoe");
    check(r#"Left("John Doe", 3)"#, &[], "Joh");
    check(r#"Len("John Doe")"#, &[], "8");
    check("Len(42568)", &[], "5");
    check("Len(42568.75)", &[], "8");
    check("Len([x])", &[], "0");
    check(r#"Word("The quick brown fox",3," ")"#, &[], "brown");
    check(r#"Word("This,string!has&many separators",3,",!&#")"#, &[], "has");
    check("NormalizeDiacritics([givenName])", &[("givenName", "Zoë")], "Zoe");
    check("BitAnd(&HF, &HF7)", &[], "7");
    check(
        r#"Append("SMTP:", Join("@", Join(".", [givenName],[surname]), "contoso.com"))"#,
        john,
        "SMTP:John.Doe@contoso.com",
    );
}

#[test]
fn a_name_is_shortened_by_its_length() {
    let text = r#"IIF(Len([LastName]) <= 5, Left(Join("",[LastName],[FirstName]),10), Join("", Mid([LastName],1,9), Mid([FirstName],1,1)))"#;
    check(text, &[("FirstName", "John"), ("LastName", "Smith")], "SmithJohn");
    check(text, &[("FirstName", "John"), ("LastName", "Parker")], "ParkerJ");
}

#[test]
fn an_address_is_made_of_a_name() {
    let local = r#"ToLower(NormalizeDiacritics(StripSpaces(Join(".", [f],[l]))))"#;
    check(local, &[("f", "José"), ("l", "García-López")], "jose.garcia-lopez");
    let address = r#"ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [f],[l]))), "contoso.com"))"#;
    check(address, &[("f", "John"), ("l", "Smith")], "john.smith@contoso.com");
    let address =
        r#"Join("@", NormalizeDiacritics(StripSpaces(Join(".", [f],[l]))), "contoso.com")"#;
    check(address, &[("f", "Maria"), ("l", "José González")], "Maria.JoseGonzalez@contoso.com");
}

#[test]
fn left_and_mid_clip_what_is_too_long() {
    check(r#"Left("abc", 0)"#, &[], "");
    check(r#"Left("abc", -1)"#, &[], "abc");
    check(r#"Left("abc", 9)"#, &[], "abc");
    check("Left([x], 9)", &[], "");
    check(r#"Mid("abc", "2", "1")"#, &[], "b");
    check(r#"Mid("abc", 2)"#, &[], "bc");
    check(r#"Mid("abc", 9, 1)"#, &[], "");
    check("Mid([x], 1, 3)", &[], "null");
}

#[test]
fn places_count_utf_16_units_and_cut_no_character() {
    check(r#"Len("𠮷田")"#, &[], "3");
    check(r#"Left("𠮷田", 1)"#, &[], "");
    check(r#"Left("𠮷田", 2)"#, &[], "𠮷");
    check(r#"Mid("𠮷田", 3, 1)"#, &[], "田");
    check(r#"InStr("𠮷田", "田")"#, &[], "3");
}

#[test]
fn in_str_counts_from_one_and_finds_nothing_at_zero() {
    check(r#"InStr("The quick brown fox","quick")"#, &[], "5");
    check(r#"InStr("repEated","e",3,vbBinaryCompare)"#, &[], "7");
    check(r#"InStr("repEated","e",3,vbTextCompare)"#, &[], "4");
    check(r#"InStr("abc","x")"#, &[], "0");
    check(r#"InStr([x],"x")"#, &[], "0");
    check(r#"InStr("abc","c",9)"#, &[], "0");
}

#[test]
fn proper_case_begins_each_word_with_a_capital() {
    check("PCase([n])", &[("n", "PABLO GONSALVES (SECOND)")], "Pablo Gonsalves (Second)");
    check(r#"PCase([n]," '-")"#, &[("n", "PINTO-DE'SILVA")], "Pinto-De'Silva");
    check(r#"PCase(Join(" ",[f],[l]))"#, &[("f", "GREGORY"), ("l", "JAMES")], "Gregory James");
    check(r#"PCase("st john's hospital")"#, &[], "St John'S Hospital");
    check(r#"Replace(PCase("st john's hospital"),"'S", , ,"'s", , )"#, &[], "St John's Hospital");
}

#[test]
fn case_changes_letter_by_letter_and_by_culture() {
    check(r#"ToUpper("straße ı")"#, &[], "STRAßE ı");
    check(r#"ToUpper("i", "tr-TR")"#, &[], "İ");
    check(r#"ToLower("I", "tr-TR")"#, &[], "ı");
    check(r#"ToLower("ŞİI", "en-US")"#, &[], "şii");
    check(
        r#"ToLower("x", [c])"#,
        &[("c", "no culture")],
        "error: ToLower does not know the culture \"no culture\": use a name such as tr-TR, or none",
    );
}

#[test]
fn absent_texts_stay_absent_and_ampersands_join() {
    check(r#"Append([x], ".test")"#, &[], "null");
    check(r#"Prepend("t-", [alias])"#, &[("alias", "ada")], "t-ada");
    check(r#""t-" & [alias] & 1"#, &[("alias", "ada")], "t-ada1");
    check("[a] & [b]", &[], "null");
    check("StripSpaces([x])", &[], "null");
    check(r#"Trim("  a b ")"#, &[], "a b");
}

#[test]
fn iif_evaluates_only_the_chosen_branch() {
    let text = r#"IIF([country]="USA",[country],[department])"#;
    check(text, &[("country", "USA")], "USA");
    check(text, &[("country", "DE"), ("department", "Sales")], "Sales");
    let nested = r#"IIF([country]="USA",IIF([state]="CA","True","False"),"False")"#;
    check(nested, &[("country", "USA"), ("state", "CA")], "True");
    let other = r#"IIF([country]="USA","True",IIF([state]="CA","True","False"))"#;
    check(other, &[("country", "DE"), ("state", "CA")], "True");
    check(r#"IIF(IsPresent([x]), Error("no"), "b")"#, &[], "b");
    check("IIF([x], 1, )", &[], "null");
}

#[test]
fn absent_attributes_are_conditions_too() {
    check(r#"IIF([country]="", "none", [country])"#, &[], "none");
    check(r#"IIF(IsNullOrEmpty([hired]),"9999-01-01",[hired])"#, &[], "9999-01-01");
    check(r#"IIF(IsPresent([country]), "a", "b")"#, &[("country", "")], "b");
    check(r#"IIF([rehire]=1, "a", "b")"#, &[("rehire", "1")], "a");
    check(r#"IIF(BitAnd([control], 2)="0", "True", "False")"#, &[("control", "514")], "False");
}

#[test]
fn switch_compares_exactly_and_an_empty_key_matches_nothing_at_all() {
    let zones = r#"Switch([state], "Australia/Sydney", "NSW","Australia/Sydney","QLD","Australia/Brisbane","SA","Australia/Adelaide")"#;
    check(zones, &[("state", "QLD")], "Australia/Brisbane");
    check(zones, &[("state", "VIC")], "Australia/Sydney");
    let other = r#"Switch([country],[country],"","Other")"#;
    check(other, &[], "Other");
    check(other, &[("country", "FR")], "FR");
    let flag = r#"Switch(ToLower([statusFlag]), "0", "true", "1", "false", "0")"#;
    check(flag, &[("statusFlag", "TRUE")], "1");
    check(flag, &[("statusFlag", "x")], "0");
    check(r#"Switch([s], "Default Value", "true", "1", "", "0")"#, &[], "0");
    check(
        r#"Switch([C], Join(" ",[f],[l]), "JP", Join(",",[l],[f]))"#,
        &[("C", "JP"), ("f", "Hiroshi"), ("l", "Tanaka")],
        "Tanaka,Hiroshi",
    );
    check(
        r#"Switch([C], Join(" ",[f],[l]), "JP", Join(",",[l],[f]))"#,
        &[("C", "US"), ("f", "John"), ("l", "Smith")],
        "John Smith",
    );
    check(
        r#"Switch(IsPresent([jobTitle]), "Default", "True", [jobTitle])"#,
        &[("jobTitle", "Clerk")],
        "Clerk",
    );
}

#[test]
fn a_soft_deleted_object_is_not_active() {
    use crate::evaluate;
    use expression::Value;
    for (deleted, expected) in [(true, "False"), (false, "True")] {
        let object = [("IsSoftDeleted".to_owned(), Value::Boolean(deleted))].into();
        let text = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
        assert_eq!(evaluate(text, &object), expected.into());
    }
    check(r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#, &[], "null");
}

#[test]
fn an_empty_result_can_leave_the_flow() {
    let text = r#"IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof."))"#;
    check(text, &[("prefix", "3443")], "Dr.");
    check(text, &[("prefix", "9")], "dropped");
    check("IgnoreFlowIfNullOrEmpty([x])", &[], "dropped");
}

#[test]
fn tests_and_negations_yield_booleans() {
    check("CBool([a] = [b])", &[("a", "x"), ("b", "x")], "True");
    check(r#"Not("True")"#, &[], "False");
    check(r#"Not("x")"#, &[], "True");
    check("IsNull([x])", &[], "True");
    check("IsNull([x])", &[("x", "")], "False");
    check("IsString([x])", &[("x", "a")], "True");
    check("IsString(1)", &[], "False");
    check(r#"Coalesce([a], [b], "")"#, &[], "");
    check(r#"Coalesce([a], "c")"#, &[("a", "")], "");
}

#[test]
fn conversions_read_and_write_other_forms() {
    check(r#"ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")"#, &[], "Hello world!");
    check(r#"ConvertFromBase64("SGVsbG8=", "UTF8")"#, &[], "Hello");
    check(r#"DNComponent("CN=Joe,OU=Sales", 1)"#, &[], "Joe");
    check(r#"StringFromSid("S-1-5-21-1")"#, &[], "S-1-5-21-1");
    check("CStr(1.5)", &[], "1.5");
    check("Redact([x])", &[("x", "secret")], "secret");
}

#[test]
fn error_fails_the_object_with_its_text() {
    check(r#"Error("no mail")"#, &[], "error: no mail");
}

#[test]
fn an_unknown_escape_stays_two_characters() {
    check(r#""a\,b\\c\"d\2C""#, &[], r#"a\,b\c"d\2C"#);
}

#[test]
fn a_random_text_has_its_minima() {
    use crate::evaluate;
    let text =
        evaluate(r#"RandomString(10,2,2,2,1,"?,")"#, &std::collections::BTreeMap::new()).to_text();
    let count = |is: fn(&char) -> bool| text.chars().filter(is).count();
    assert_eq!(text.len(), 10);
    assert!(count(char::is_ascii_digit) >= 2 && count(char::is_ascii_punctuation) >= 2, "{text}");
    assert!(count(char::is_ascii_uppercase) >= 2 && count(char::is_ascii_lowercase) >= 1, "{text}");
    assert!(!text.contains(['?', ',']), "{text}");
    let plain = evaluate("RandomString(6,3,0,0,3)", &std::collections::BTreeMap::new()).to_text();
    assert!(
        plain.chars().all(|letter| letter.is_ascii_digit() || letter.is_ascii_lowercase()),
        "{plain}"
    );
    check(
        "RandomString(3, 3, 1, 0, 0, )",
        &[],
        "error: RandomString cannot make such a text: the minima add up to 4, the length is 3",
    );
}

#[test]
fn a_guid_is_of_version_four_and_follows_from_the_seed() {
    use crate::evaluate;
    let guid = evaluate("Guid()", &std::collections::BTreeMap::new()).to_text();
    let lengths: Vec<_> = guid.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
    assert_eq!(&guid[14..15], "4");
    check("Guid()", &[], &guid);
    check(r#"IIF(Guid() = Guid(), "same", "new")"#, &[], "new");
}
