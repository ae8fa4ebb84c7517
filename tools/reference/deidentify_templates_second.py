"""Sentences, letters, names and formats for deidentify_set.py's second held-out set, which shares none with deidentify_templates.py.

Written before the rules that it was to measure; see there for what `<N.g_f>` means. `<N.if>` is "J. Durand", `<N.fi>` "Durand J.".
The names were made up.
"""

FAMILY_FR = ["Le Bihan", "Ouédraogo", "Da Silva Pereira", "Chevallereau", "Hernandez", "N'Guessan", "Vial", "Boulanger", "de La Tour du Pin",
             "Tran", "Zerrouki", "Lebrun", "Chapuis-Montlaur", "Kowalczyk", "Diarra", "Fabre", "Guilloteau", "du Plessis", "Mercier",
             "El Khoury", "Bonnard", "Sauvageot", "Rakotomalala", "Legrand", "Çelik", "Maurice", "Delacroix", "Bourgeois", "Van Houtte",
             "Thibaudeau-Roy"]
GIVEN_FR = ["Marie-Thérèse", "Ousmane", "Inès", "Joaquim", "Léonie", "Abdelkader", "Jean-Baptiste", "Clémence", "Thi Lan", "Maxime",
            "Zoé", "Mohamed", "Ghislaine", "Tiphaine", "Aurélien", "Simone", "Malo", "Hortense", "Kévin", "Anne-Lise", "Raymond",
            "Salimata", "Eugénie", "Noé"]
CARERS_FR = ["Stéphane Cordier", "Anne-Claire Jolivet", "Mehdi Bensaïd", "Laurence Pons", "Xavier de Kersauson", "Florence Guyomarch",
             "Thierry Blanchard", "Agnès Roche", "Samir El Amrani", "Véronique Dumas-Lacoste", "Guillaume Lefort", "Marion Texier",
             "Patrice Moulin", "Fatou Sarr", "Yves Le Corre", "Corinne Page"]
CARERS_EN = ["Priya Raghunathan", "Angus McTavish", "Siobhan O'Reilly", "Miguel Ortega-Ruiz", "Helen Whitcombe", "Tunde Adeyemi",
             "Rebecca St. Clair", "Wei Zhang", "Douglas Fairbrother", "Ingrid van den Broek", "Nathaniel Brooks", "Yuki Tanaka"]
FAMILY_EN = ["Okonkwo", "Featherstone", "O'Donnell", "Patel", "Garcia-Lopez", "MacAllister", "Wright", "Nwosu", "Kowalski", "Banks",
             "Abernathy", "Singh", "Long", "Thistlewood", "Ramirez", "Cook"]
GIVEN_EN = ["Gareth", "Chidinma", "Maeve", "Anjali", "Esteban", "Fiona", "Desmond", "Harriet", "Tadeusz", "Grace", "Leroy", "Winifred",
            "Mark", "Simran", "Rosalind", "Will"]
HOSPITALS_FR = ["Hôpital Lariboisière", "CHU de Rennes", "Clinique Saint-Vincent", "Centre Hospitalier de Cornouaille", "Hôpital de la Timone",
                "Centre Léon Bérard", "CHRU de Brest", "Polyclinique de Gentilly", "Hôpital Bichat-Claude-Bernard", "CH de Perpignan",
                "Institut Paoli-Calmettes", "Hôpital d'instruction des armées Bégin"]
HOSPITALS_EN = ["Leeds General Infirmary", "St. Thomas' Hospital", "Mercy Medical Center", "Royal Victoria Hospital", "Addenbrooke's Hospital",
                "Beth Israel Deaconess Medical Center", "Queen Elizabeth Hospital Birmingham", "Mount Sinai Hospital",
                "Northside Community Clinic", "Johns Hopkins Hospital"]
STREETS_FR = ["rue Saint-Exupéry", "ter avenue du Maréchal Foch", "impasse des Mimosas", "square Pasteur", "chemin de la Fontaine",
              "boulevard Jean Moulin", "rue du 8 Mai 1945", "cité des Peupliers", "venelle du Four", "rue d'Alsace", "promenade des Anglais"]
STREETS_EN = ["High Street", "Kingsway Court", "Maple Ave", "Old Mill Lane", "W. 42nd Street", "Harborview Dr.", "Station Road",
              "Chestnut Hill Rd", "Queen's Crescent", "Broad Street"]
TOWNS_FR = [("38000", "Grenoble"), ("92110", "Clichy"), ("06000", "NICE"), ("22300", "Lannion"), ("97400", "Saint-Denis"), ("51100", "Reims"),
            ("64100", "Bayonne"), ("67000", "STRASBOURG"), ("83000", "Toulon"), ("87000", "Limoges")]
TOWNS_EN = [("LS1 4AP", "Leeds"), ("SE1 7EH", "London"), ("21202", "Baltimore"), ("EH1 2NG", "Edinburgh"), ("B15 2TH", "Birmingham"),
            ("02215", "Boston"), ("CB2 0QQ", "Cambridge"), ("10029", "New York")]

TEMPLATES = {
    "fr": [
        "<N.f_g_upf> - IPP <IPP> - page 1/3\nCompte rendu de consultation du <D.frw>\nMotif : bilan de céphalées. Pas de signe de Kernig ni de Brudzinski.",
        "Vu en staff le <D.frs> avec les Drs <N.cf> et <N.cf>. Décision : chimiothérapie par FOLFOX, reprise de l'Eliquis à J10.",
        "Patient|<N.f_up>|<N.g>|<D.slash>\nRésultat : Hb 11,8 g/dL, TSH 2,1 mUI/L, HbA1c 6,8 %.",
        "M. et Mme <N.f> sont reçus ce jour pour annonce diagnostique. Leur fille <N.cg> les accompagne. Syndrome de Marfan suspecté.",
        "Chère <N.cg>,\nMerci de m'avoir confié <N.g_f> pour une maladie de Basedow.\nAmitiés,\n<N.cg_cf>",
        "Vu par <N.cf> hier soir : tachycardie à 130, Holter demandé, échographie Doppler des TSA normale.",
        "Personne à prévenir : <N.cg_cf> (soeur), tél. <TEL.intl>. Directives anticipées : non.",
        "Entrée le <D.frw> par les urgences, IAO <N.cg_cf_ini>. Constantes : TA 145/92, FC 88, T° 38,4. Bandelette négative.",
        "Suites opératoires : redon retiré à J2 par <N.cg>, IDE. Le Dr <N.cf_up> passera demain. Lovenox 0,4 mL/j.",
        "<N.if>, <YOUNG> ans, adressée par le docteur <N.if>. Lymphome de Hodgkin de stade II, protocole ABVD.",
        "Monsieur <N.f_up>-<N.cf_up> consulte pour un syndrome de Raynaud. Il travaille comme maçon et vit à <TOWN>.",
        "La patiente <N.f> se dit fatiguée. <N.f> n'a pas pris son Levothyrox depuis <D.frm>. Thyroïdite de Hashimoto connue.",
        "pt <N.f_low> <N.g_low> rappelé au <TEL.dash> : résultats ok. copie au dr <N.cf_low> a <TOWN>.",
        "Le jeune <N.g> <N.f>, scolarisé en CM2, présente un souffle. Score d'Apgar 10/10 à la naissance le <D.frl>.",
        "COMPTE-RENDU D'IMAGERIE\nDEMANDEUR : DR <N.cf_up>\nPATIENTE : MME <N.f_up> <N.g_up>\nNEE LE : <D.fr>\nIRM : PAS DE LESION. SIGNE DE BAKER ABSENT.",
        "Dicté le <D.dash>, validé par <N.cg_cf_upf>, interne : <N.cg_cf>. Copie : <N.cf>, <N.cf>.",
        "Adresse : <STREET>, bât. C, 3e étage, <TOWNLINE>. Code porte fourni par la voisine, Mme <N.cf>.",
        "Mail du patient : <MAIL> ; portable <TEL.run> ; fixe <TEL.slash>. Carte Vitale <NIR.s>.",
        "Né le <D.frl> à <TOWN>, Mr <N.f_g> a été opéré d'un canal carpien à la <HOSP> en <D.my>.",
        "Le Pr <N.cf> (<HOSP>) propose une gastrectomie selon Billroth II. RCP du <D.frs>.",
        "« Je ne veux pas de sonde », dit Mme <N.f>. Son mari, <N.cg> <N.f>, est d'accord. Pas de signe de Trousseau.",
        "La famille <N.f> a été informée par téléphone (<TEL.dot>). Décès constaté par le Dr <N.cg_cf_ini> à 4h12, à <AGE> ans.",
        "N° de séjour : <IPP>   N° ADELI médecin, RPPS <RPPS>\nPrescripteur : <N.cf_g>",
        "Consultation d'annonce du <D.frd>. Présents : <N.cg_cf> (oncologue), <N.cg_cf> (IDEC), le fils de Mme <N.f>, <N.cg>.",
        "Transmissions : <N.f_up> agité, chute à 3h, vu par interne de garde <N.cf_up>. Radio : fracture de Pouteau-Colles.",
        "A/ <N.g_f> : glycémie 2,4 g/L, Lantus 18 UI. B/ <N.g_f> est le voisin de chambre, aucun lien.",
        "Objet : <N.f> <N.g>, DDN <D.dot>\nBonjour,\nPouvez-vous revoir ce patient ? Dr <N.cg_cf>, <HOSP>, <TEL>",
        "Bilan orthophonique de <N.g_f>. Test de Boston, épreuve de Stroop, MMS de Folstein 24/30, horloge de Schulman.",
        "Suivi par <N.cg_cf>, psychologue, et par Mme <N.cf>, assistante sociale. Logement : lieu-dit Kerguelen, <TOWN>.",
        "ATCD : thyroïdectomie, maladie de Verneuil, canal de Müller persistant, cure de hernie selon Shouldice. Allergie : Augmentin, Bétadine.",
        "Traitement : Kardégic 75, Tahor 20, Coversyl 5, Inexium 40, Lyrica 75 x 2, Seresta 10 au coucher, Lasilix 40 mg, Spasfon si besoin.",
        "Examen : réflexes vifs, Babinski indifférent, Romberg négatif, Lhermitte absent. Score NIHSS 2, Rankin 1, Barthel 90. Loge de Guyon libre.",
        "Drain de Redon, sonde de Foley, voie de Swan-Ganz. Lame de Delbet. Pansement par Jelonet. Bottes de Scarpa. Ciseaux de Mayo. Atelle de Zimmer.",
    ],
    "en": [
        "<N.f_up>, <N.g_up>  MRN <IPP>  DOB <D.mil>\nPROGRESS NOTE\nHodgkin lymphoma, stage IIA, cycle 3 of ABVD. No Horner syndrome.",
        "Seen by <N.cf> this morning; <N.f>'s drain output is down. Continue Zosyn, hold Coumadin.",
        "Mr & Mrs <N.f> attended with their daughter <N.cg>. Huntington disease was discussed and Dr <N.cf>'s letter given.",
        "Hi <N.cg>,\nCould you see <N.g_f> (dob <D.uk>) in your Thursday clinic? Crohn's flare, on Humira.\nThanks\n<N.cg>",
        "Attending: <N.cg_cf_ini>, MD; Resident: <N.if>, MD; Scribe: <N.cg_cf>",
        "<N.if> was admitted on the <D.ord> to <HOSP> with chest pain. Killip class I. Stent by Dr. <N.cg_cf>.",
        "Lives at Flat 3, <STREET>, <TOWNLINE>. GP is Dr <N.cg_cf>, tel. <TEL.uk>.",
        "The patient's wife, <N.cg>, called (<TEL.dots>) to say <N.g> fell. Barthel 80, Berg balance 42/56.",
        "Pt: <N.f>,<N.g> Acct#: <IPP> Adm: <D.iso> Dis: <D.iso>\nDx: Graves disease. Rx: Synthroid 50 mcg.",
        "Per <N.cf>, RN: wound dry. Per family, Ms. <N.f> prefers to be called <N.cg>.",
        "<N.g_f_upf> is a pleasant <AGE>-year-old gentleman, retired, from <TOWN>. Romberg negative, Babinski downgoing.",
        "cc: <N.cg_cf>; <N.cg_cf>; medical records, <HOSP>",
        "I, <N.cg_cf>, have reviewed this case with <N.if> on <D.slash> and agree. Gleason 3+4, Fuhrman grade 2.",
        "Emergency contact - <N.cg_cf> (brother) <TEL.par> x4512. Insurance no. <SSN>.",
        "mrs <N.f_low> says her son <N.cg_low> gives her tylenol. dr <N.cf_low> to call. spo2 97% on room air.",
        "OPERATIVE REPORT\nSURGEON: <N.cg_cf_up>, MD\nASSISTANT: <N.cf_up>\nWhipple procedure without complication. Kocher maneuver performed. Jackson-Pratt drain left.",
        "Grandmother <N.cg_cf> is the legal guardian of <N.g>. Born the <D.ord> at 34 weeks, Apgar 7 and 9.",
        "Telephone encounter <D.mil> 14:05: spoke to <N.g>. <N.g> will come on <D.usm>. Callback <TEL.dots>.",
        "\"I feel fine,\" <N.f> said. Mr. <N.f>'s INR is 2.3. Coombs test negative; Howell-Jolly bodies seen.",
        "Referred by <N.cg_cf> of <HOSP> for suspected Sjogren syndrome. Schirmer test positive. Follow up in <D.mye>.",
        "Send results to <MAIL> or PO Box 1187, <TOWNLINE>.",
        "Reviewed with Drs. <N.cf> and <N.cf>; Nurse Practitioner <N.cg_cf> will follow. Wegener granulomatosis stable on Rituxan.",
        "<N.cg_cf> MD PhD\nConsultant Neurologist\nDirect line <TEL.uk>\nRe: <N.g_f> - Parkinson's disease, Hoehn and Yahr stage 2.",
        "Patient <N.f> and patient <N.cf> share a room. Both on Lasix. Foley to gravity, Hickman line flushed.",
        "PMH: Barrett's esophagus, Dupuytren contracture, Bell's palsy 2004, Kawasaki disease in childhood. Meds: Lipitor, Norvasc, Plavix, Xarelto, Advair.",
        "ECG: Wolff-Parkinson-White pattern, Wenckebach at night. Swan-Ganz pulled. Troponin 0.02 ng/mL, BNP 350 pg/mL. Pap smear normal.",
        "Ortho: Hawkins and Neer positive, Phalen and Tinel negative, Salter-Harris II of the radius. Plan: Velcro splint, Colles reduction.",
        "Micro: Gram negative rods, Pseudomonas; Clostridium difficile negative. Bethesda II nodule. Child-Pugh B, Charlson index 4, Wells score 3.",
    ],
}
